import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Snapshot } from '#eggcup/health/snapshot.js';
import { fixture, type StatusFile, startCluster, startScript } from '../helpers/cluster.js';
import { ALL_OK, answers, endpoints, MARKERS } from '../helpers/endpoints.js';
import { parseMetrics } from '../helpers/metrics.js';
import { freePort, get, takePort } from '../helpers/net.js';
import { childrenOf } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('the endpoints say what the files say: while it starts, when it is ready, while it stops', async (t) => {
  const http = await endpoints();
  const cluster = await startScript(
    t,
    'scripts/slow-start.js',
    { health: { http }, shutdown: { delay: '2s', app: '10s', agent: '5s' } },
    { env: { START_MS: '1500' } },
  );
  await cluster.untilLogged('child.forked', {}, 2);
  await until('live', () => cluster.hasFile('live'));
  assert.deepEqual(await answers(http.port), [
    [503, 'not started: starting; 0 of 2 app workers listen'],
    [503, 'not ready: starting; 0 of 2 app workers listen'],
    [200, 'ok'],
  ]);
  await cluster.untilReady();
  assert.deepEqual(await answers(http.port), ALL_OK);

  cluster.signal('SIGTERM');
  await until('ready to go', () => !cluster.hasFile('ready'));
  assert.deepEqual(await answers(http.port), [
    [200, 'ok'],
    [503, 'not ready: stopping; 2 of 2 app workers listen'],
    [200, 'ok'],
  ]);
  assert.equal((await get(cluster.port)).status, 200, 'still served');
  for (const marker of MARKERS) assert.equal(cluster.hasFile(marker), marker !== 'ready', marker);
  assert.equal(await cluster.ended(), 0);
  await assert.rejects(get(http.port, '/live'), /ECONNREFUSED/);
  await cluster.assertGone();
});

test('ready goes and comes with the app workers', async (t) => {
  const http = await endpoints();
  const health = { http, minReady: 2 };
  const cluster = await startScript(t, 'scripts/hello.js', { health, restart: { backoff: { initial: '3s' } } });
  await cluster.untilReady();
  // The first crash of a slot is replaced at once, the second waits.
  for (const count of [1, 2]) {
    const killed = cluster.kill('app-0');
    await cluster.untilLogged('child.exited', { slot: 'app-0' }, count);
    if (count === 1) await cluster.untilReplaced('app-0', killed);
  }
  const { status, body } = await get(http.port, '/ready');
  assert.deepEqual([status, body], [503, 'not ready: running; 1 of 2 app workers listen, 2 must (health.minReady)']);
  await until('ready to come back', async () => (await get(http.port, '/ready')).status === 200);
  assert.equal(await cluster.stop(), 0);
});

test('without a directory for the files the endpoints tell; variables alone open them', async (t) => {
  const dir = temporaryDirectory(t);
  writeFileSync(join(dir, 'file'), '');
  const port = await freePort();
  const env = {
    EGGCUP__HEALTH__HTTP__ENABLED: 'true',
    EGGCUP__HEALTH__HTTP__HOST: '127.0.0.1',
    EGGCUP__HEALTH__HTTP__PORT: String(port),
  };
  const cluster = await startScript(t, 'scripts/hello.js', { health: { dir: join(dir, 'file/health') } }, { env });
  await cluster.untilLogged('cluster.ready');
  assert.equal(cluster.logged('health.unwritable').length, 1);
  assert.equal(cluster.logged('health.http')[0]?.['url'], `http://127.0.0.1:${port}`);
  assert.deepEqual(await answers(port), ALL_OK);
  assert.equal((JSON.parse((await get(port, '/status')).body) as StatusFile).phase, 'running');
  assert.equal(await cluster.stop(), 0);
});

test('/status is status.json, and /metrics agree with it', async (t) => {
  const http = await endpoints();
  const agent = { script: fixture('scripts/agent-idle.js') };
  const cluster = await startScript(t, 'scripts/hello.js', { agent, health: { http } });
  await cluster.untilReady();
  cluster.kill('app-1');
  await cluster.untilLogged('child.ready', { slot: 'app-1' }, 2);

  const [status, metrics] = [await get(http.port, '/status'), await get(http.port, '/metrics')];
  assert.equal(status.headers['content-type'], 'application/json');
  assert.match(String(metrics.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  for (const { headers } of [status, metrics]) assert.equal(headers['cache-control'], 'no-store');

  const told = JSON.parse(status.body) as Snapshot;
  const inFile = await until('status.json to have the restart', () =>
    cluster.status()?.children.some(({ restarts }) => restarts === 1) ? cluster.status() : undefined,
  );
  assert.deepEqual(Object.keys(told), Object.keys(inFile));
  assert.deepEqual(
    told.children.map(({ slot, restarts }) => [slot, restarts]),
    inFile.children.map(({ slot, restarts }) => [slot, restarts]),
  );

  const values = parseMetrics(metrics.body);
  for (const { slot, restarts, rssBytes, since } of told.children) {
    assert.equal(values.get(`eggcup_child_restarts_total{slot="${slot}"}`), restarts);
    assert.equal(values.get(`eggcup_child_state_timestamp_seconds{slot="${slot}"}`), Date.parse(since) / 1000);
    const memory = values.get(`eggcup_child_resident_memory_bytes{slot="${slot}"}`) ?? 0;
    assert.ok(Math.abs(memory - (rssBytes ?? 0)) < 2 ** 25 && memory > 2 ** 24, `${slot}: ${memory} of ${rssBytes}`);
  }
  assert.equal(values.get('eggcup_child_restarts_total{slot="app-1"}'), 1);
  assert.equal(values.get('eggcup_app_workers_ready'), 2);
  assert.equal(values.get('eggcup_start_time_seconds'), Date.parse(told.startedAt) / 1000);
  assert.equal(values.get('eggcup_phase{phase="running"}'), 1);
  assert.equal(values.get('eggcup_container_memory_limit_bytes'), told.container.memoryLimitBytes ?? undefined);
  assert.equal(await cluster.stop(), 0);
});

test('a port that is taken ends the master with 14, one that cannot be with 78, before anything is forked', async (t) => {
  const taken = await takePort(t);
  for (const [http, code, problem] of [
    [
      { port: taken },
      14,
      new RegExp(`^health\\.http\\.port ${taken} is taken: another process listens on 0\\.0\\.0\\.0:`),
    ],
    [{ host: '192.0.2.1' }, 78, /cannot listen on 192\.0\.2\.1:\d+ \(.*EADDRNOTAVAIL.*\); choose a health\.http\.host/],
  ] as const) {
    const port = await freePort();
    const cluster = startCluster(t, {
      config: {
        app: { script: fixture('scripts/hello.js'), port },
        health: { http: { ...(await endpoints()), ...http } },
      },
    });
    assert.equal(await cluster.ended(), code);
    assert.match(String(cluster.logged('boot.failed')[0]?.['problem']), problem);
    assert.equal(cluster.logged('child.forked').length, 0);
    await cluster.assertGone();
  }
});

test('the port of the application is refused (78), with both keys', async (t) => {
  const port = await freePort();
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/hello.js'), port }, health: { http: { enabled: true, port } } },
  });
  assert.equal(await cluster.ended(), 78);
  const [line, ...others] = cluster.logged('boot.failed');
  assert.deepEqual(others, []);
  assert.match(String(line?.['problem']), new RegExp(`health\\.http\\.port: ${port} is app\\.port ${port} as well`));
});

test('a master whose event loop hangs does not answer', async (t) => {
  const dir = temporaryDirectory(t);
  const http = await endpoints();
  const env = {
    NODE_OPTIONS: `--import=${fixture('block-loop.mjs')}`,
    BLOCK_WHEN: join(dir, 'block'),
    BLOCK_MS: '20000',
  };
  const cluster = await startScript(t, 'scripts/hello.js', { health: { http } }, { env });
  await cluster.untilReady();
  const ask = async (): Promise<string> => {
    const signal = AbortSignal.timeout(2000);
    const reply = await fetch(`http://127.0.0.1:${http.port}/live`, { signal }).catch((error: Error) => error.name);
    return typeof reply === 'string' ? reply : reply.text();
  };
  assert.equal(await ask(), 'ok');
  writeFileSync(join(dir, 'block'), '');
  await until('no answer in time', async () => (await ask()) === 'TimeoutError');
  assert.equal(cluster.process.exitCode, null, 'the master still hangs');
});

test('no process that the master starts has its port', async (t) => {
  if (process.platform !== 'linux') return t.skip('/proc tells which sockets a process has');
  const http = await endpoints();
  const agent = { script: fixture('scripts/agent-idle.js') };
  const cluster = await startScript(t, 'scripts/hello.js', { agent, health: { http } });
  await cluster.untilReady();
  const socket = socketOf(http.port);
  const children = childrenOf(cluster.pid);
  assert.ok(socketsOf(cluster.pid).includes(socket), 'the master has it');
  assert.equal(children.length, 3);
  for (const pid of children) assert.ok(!socketsOf(pid).includes(socket), `${pid} has it`);
  assert.equal(await cluster.stop(), 0);
});

test('`::` is every address, of IPv6 and IPv4', async (t) => {
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'));
  if (!hasIpv6) return t.skip('there is no IPv6 here');
  const http = { ...(await endpoints()), host: '::' };
  const cluster = await startScript(t, 'scripts/hello.js', { health: { http } });
  await cluster.untilReady();
  assert.equal(cluster.logged('health.http')[0]?.['url'], `http://[::]:${http.port}`);
  assert.equal((await get(http.port, '/live')).status, 200);
  assert.equal((await fetch(`http://[::1]:${http.port}/live`)).status, 200);
  assert.equal(await cluster.stop(), 0);
});

test('by default nothing listens but the application', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  assert.deepEqual(cluster.logged('health.http'), []);
  assert.equal(await cluster.stop(), 0);
});

/** The inode of the socket that listens on a port (proc(5), /proc/net/tcp). */
function socketOf(port: number): string {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const found = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, , state]) => local?.endsWith(wanted) === true && state === '0A');
  assert.ok(found, `nobody listens on ${port}`);
  return `socket:[${found[9]}]`;
}

function socketsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}
