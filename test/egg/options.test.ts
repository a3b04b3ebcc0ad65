import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/cluster.js';
import { EGGS, type WorkerPage, agentPid, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { get } from '../helpers/net.js';

const TLS = fixture('egg-parts/tls');
const SOCKET = join(tmpdir(), `eggcup-${process.pid}.sock`);
const PASSPHRASE = 'tell-nobody-this-passphrase';

for (const egg of EGGS) {
  test(`${egg}: HTTPS with a passphrase that neither the command lines nor the log show`, async (t) => {
    const https = { key: join(TLS, 'key.pem'), cert: join(TLS, 'cert.pem'), passphrase: PASSPHRASE };
    const cluster = await startEgg(t, egg, { app: { https } });
    await cluster.untilReady();
    assert.equal(cluster.status()?.address, `https://127.0.0.1:${cluster.port}`);
    const { authorized, pid } = await getSecurely(cluster.port);
    const workers = await workerPids(cluster);
    assert.ok(authorized && workers.some((worker) => worker === pid), `${pid} answered`);
    for (const child of [cluster.pid, await agentPid(cluster), ...workers]) {
      assert.ok(!readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(PASSPHRASE), `the arguments of ${child}`);
      assert.ok(!readFileSync(`/proc/${child}/environ`, 'utf8').includes(PASSPHRASE), `the environment of ${child}`);
    }
    assert.equal(await cluster.stop(), 0);
    assert.ok(!`${cluster.output}${cluster.errors}`.includes(PASSPHRASE), 'the output');
    await cluster.assertGone();
  });

  test(`${egg}: requests over HTTPS that are in flight at SIGTERM finish`, async (t) => {
    const https = { key: join(TLS, 'key.pem'), cert: join(TLS, 'cert.pem'), passphrase: PASSPHRASE };
    const cluster = await startEgg(t, egg, { app: { https } });
    await cluster.untilReady();
    const replies = [1, 2, 3, 4].map(() => getSecurely(cluster.port, '/slow?ms=1500'));
    await cluster.untilLogged('egg.app.slow-begun', {}, 4);
    assert.equal(await cluster.stop(), 0);
    assert.equal((await Promise.all(replies)).length, 4);
    await cluster.assertGone();
  });

  test(`${egg}: a Unix socket in the place of a port`, async (t) => {
    const cluster = await startEgg(t, egg, { app: { port: undefined, unixSocket: SOCKET } });
    await cluster.untilReady();
    const path = cluster.status()?.address ?? '';
    assert.equal(path, SOCKET);
    const pages = await Promise.all(Array.from({ length: 6 }, () => get(0, '/', path)));
    const pids = pages.map(({ body }) => (JSON.parse(body) as WorkerPage).pid);
    assert.deepEqual(new Set(pids), new Set(await workerPids(cluster)));
    const slow = get(0, '/slow?ms=1000', path);
    await cluster.untilLogged('egg.app.slow-begun');
    assert.equal(await cluster.stop(), 0);
    assert.equal((await slow).status, 200);
    assert.equal(existsSync(path), false);
    await cluster.assertGone();
  });

  test(`${egg}: app.require comes first everywhere; app.env and app.nodeOptions reach agent and workers`, async (t) => {
    const cluster = await startEgg(t, egg, {
      app: {
        require: ['../egg-parts/required-first.js'],
        env: { FROM_CONFIG: 'yes', EGG_SERVER_ENV: 'pre' },
        nodeOptions: ['--stack-trace-limit=7', '--no-deprecation'],
      },
    });
    await cluster.untilReady();
    const [agent, workers] = [await agentPid(cluster), await workerPids(cluster)];
    for (const pid of workers) {
      const { variable, stackTraceLimit, env } = await pageOf(cluster, pid);
      assert.deepEqual({ variable, stackTraceLimit, env }, { variable: 'yes', stackTraceLimit: 7, env: 'pre' });
      assert.equal(cluster.logged('egg.app.will-ready', { pid, required: true }).length, 1);
    }
    assert.equal(cluster.logged('egg.agent.will-ready', { pid: agent, required: true }).length, 1);
    assert.ok(readFileSync(`/proc/${agent}/environ`, 'utf8').includes('FROM_CONFIG=yes'));
    assert.ok(readFileSync(`/proc/${agent}/cmdline`, 'utf8').includes('--stack-trace-limit=7'));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}

function getSecurely(port: number, path = '/'): Promise<{ readonly authorized: boolean; readonly pid: number }> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(join(TLS, 'cert.pem'));
    const target = { host: '127.0.0.1', port, path, ca, servername: 'localhost', agent: false };
    const outgoing = request(target, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ authorized: true, pid: (JSON.parse(body) as WorkerPage).pid }));
      response.on('error', reject);
    });
    outgoing.on('error', reject).end();
  });
}
