import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { clearUnixSocket } from '#eggcup/master/ports.js';
import { fixture, projectRoot, startCluster, startScript } from '../helpers/cluster.js';
import { freePort, get } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('a script is served by all its workers, and a stop ends with 0 and leaves nothing', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const pids = new Set([cluster.pidOf('app-0'), cluster.pidOf('app-1')]);
  const answered = new Set<number>();
  await until('both workers to answer', async () => {
    answered.add(Number((await get(cluster.port)).body));
    return answered.size === 2;
  });
  assert.deepEqual(answered, pids);
  assert.equal(cluster.status()?.address, `http://127.0.0.1:${cluster.port}`);
  for (const file of ['started', 'ready', 'live', 'status.json']) assert.ok(cluster.hasFile(file), file);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('the agent is ready before an application is loaded', async (t) => {
  for (const [agent, ready] of [
    ['scripts/agent-idle.js', 'loaded'],
    ['scripts/agent-await.mjs', 'loaded'],
    ['scripts/agent-says-ready.js', 'message'],
  ] as const) {
    const cluster = await startScript(t, 'scripts/order.js', { agent: { script: fixture(agent), ready } });
    await cluster.untilReady();
    const { output } = cluster;
    assert.match(output, /agent (loaded|awaited|says ready)/);
    assert.ok(output.search(/^agent /m) < output.indexOf('app loaded'), output);
    assert.equal(cluster.status()?.children[0]?.slot, 'agent');
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  }
});

test('a script is the main module, with its arguments, its environment and its folder', async (t) => {
  const cluster = await startScript(t, 'scripts/main.cjs', {
    app: {
      args: ['--one', 'two'],
      env: { GREETING: 'hi' },
      nodeOptions: ['--stack-trace-limit=20'],
      baseDir: fixture('scripts'),
    },
    workers: { count: 1, heap: '200Mi' },
  });
  await cluster.untilReady();
  assert.deepEqual(JSON.parse((await get(cluster.port)).body), {
    isMain: true,
    argv1: true,
    args: ['--one', 'two'],
    execArgv: ['--max-old-space-size=200', '--stack-trace-limit=20'],
    cwd: fixture('scripts'),
    greeting: 'hi',
  });
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('an ES module is the main module too', async (t) => {
  const cluster = await startScript(t, 'scripts/main.mjs', { workers: { count: 1 } });
  await cluster.untilReady();
  const facts = JSON.parse((await get(cluster.port)).body) as { isMain: boolean | null; argv1: boolean };
  assert.deepEqual(facts, { isMain: facts.isMain === null ? null : true, argv1: true });
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('what a script forks, and its threads, are not taken for children of the master', async (t) => {
  const cluster = await startScript(t, 'scripts/forks.js', { workers: { count: 1 } });
  await cluster.untilReady();
  await until('both to speak', async () => (await get(cluster.port)).body === 'child fine,thread');
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a script that says `ready` is ready when it says so', async (t) => {
  const cluster = await startScript(t, 'scripts/says-ready.js', { app: { ready: 'message' } });
  await cluster.untilReady();
  assert.equal(cluster.status()?.address, `http://127.0.0.1:${cluster.port}`);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('another port that a script listens on does not make it ready', async (t) => {
  const cluster = await startScript(t, 'scripts/listens-elsewhere.js', { workers: { count: 1 } });
  await cluster.untilLogged('child.listening');
  await cluster.untilReady();
  assert.equal(cluster.status()?.address, `http://127.0.0.1:${cluster.port}`);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('without a port the address is learned from the script; a server that bypasses the master counts', async (t) => {
  const port = await freePort();
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/exclusive.js'), env: { PORT: String(port) } }, workers: { count: 1 } },
  });
  await cluster.untilReady();
  assert.equal(cluster.status()?.address, `http://127.0.0.1:${port}`);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a script may listen on a Unix socket; one that a kill -9 left behind is in nobody’s way', async (t) => {
  const socket = `/tmp/eggcup-test-${process.pid}.sock`;
  const config = {
    app: { script: fixture('scripts/unix.js'), unixSocket: socket, env: { SOCKET: socket } },
    workers: { count: 2 },
  };
  const first = startCluster(t, { config });
  await first.untilReady();
  assert.equal(first.status()?.address, socket);
  const taken = startCluster(t, { config });
  assert.equal(await taken.ended(), 14);
  assert.match((await get(0, '/', socket)).body, /^\d+$/);
  first.signal('SIGKILL');
  await until('all of the killed master to end', () => first.processes().length === 0);
  assert.ok(existsSync(socket), 'kill -9 leaves the socket');

  const second = startCluster(t, { config });
  await second.untilReady();
  assert.match((await get(0, '/', socket)).body, /^\d+$/);
  assert.equal(await second.stop(), 0);
  await second.assertGone();
});

test('app.require is loaded first, in the agent and in every worker, and not in the master', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {
    app: { require: [fixture('scripts/preloaded.js')] },
    agent: { script: fixture('scripts/agent-idle.js') },
  });
  await cluster.untilReady();
  const loaded = cluster.output.split('\n').filter((line) => line.startsWith('preloaded'));
  assert.deepEqual(loaded.toSorted(), ['preloaded in agent-idle.js', 'preloaded in hello.js', 'preloaded in hello.js']);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('the parent of the master hears egg-ready, and of deaths', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {}, { spawn: { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] } });
  const heard: unknown[] = [];
  cluster.process.on('message', (message: { action: string; data: unknown }) => heard.push(message));
  await cluster.untilReady();
  await until('egg-ready', () => heard.length === 1);
  assert.deepEqual(heard[0], {
    action: 'egg-ready',
    from: 'master',
    data: { port: cluster.port, protocol: 'http', address: `http://127.0.0.1:${cluster.port}` },
  });
  cluster.kill('app-0');
  await until('app-worker-died', () => heard.length === 2);
  assert.deepEqual(heard[1], { action: 'app-worker-died', from: 'master' });
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('without a port only the first server counts: a helper may come and go', async (t) => {
  const port = await freePort();
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/closes-helper.js'), env: { PORT: String(port) } },
      workers: { count: 1 },
    },
  });
  await cluster.untilReady();
  await until('the helper to be closed', () => cluster.output.includes('helper closed'));
  assert.equal((await get(port)).status, 200);
  assert.equal(cluster.logged('child.unready').length, 0);
  assert.equal(await cluster.stop(), 0);
});

test('a Unix socket is the same however a script names it: relative to app.baseDir, where it runs', async (t) => {
  const app = { script: fixture('scripts/unix.js'), unixSocket: './own.sock', env: { SOCKET: 'own.sock' } };
  const cluster = startCluster(t, { config: { app, workers: { count: 2 } } });
  await cluster.untilReady();
  assert.equal(cluster.status()?.address, join(cluster.dir, 'own.sock'));
  assert.match((await get(0, '/', join(cluster.dir, 'own.sock'))).body, /^\d+$/);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('without a port a script may listen on a Unix socket', async (t) => {
  const socket = `/tmp/eggcup-test-own-${process.pid}.sock`;
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/unix.js'), env: { SOCKET: socket } }, workers: { count: 1 } },
  });
  await cluster.untilReady();
  assert.equal(cluster.status()?.address, socket);
  assert.equal(await cluster.stop(), 0);
});

test('a Unix socket whose listener is too busy to answer is taken, not left', async (t) => {
  const path = join(temporaryDirectory(t), 'socket');
  // It takes nobody, and two may wait.
  const listen = `require('net').createServer().listen({ path: '${path}', backlog: 1 }, () => { console.log('listens'); for (;;); })`;
  const server = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  for (let count = 0; count < 2; count += 1) {
    const waiting = connect(path).on('error', () => undefined);
    t.after(() => waiting.destroy());
    await once(waiting, 'connect');
  }
  await assert.rejects(clearUnixSocket(path, 'app.unixSocket'), { code: 'ERR_PORT_TAKEN' });
  assert.ok(existsSync(path));
});

test('a Unix socket that somebody else has left is refused, with the remedy', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to be somebody else');
  const folder = temporaryDirectory(t);
  chmodSync(folder, 0o1777);
  const path = join(folder, 'socket');
  // Nobody listens on it: its owner was killed.
  const listen = `require('net').createServer().listen('${path}', () => process.kill(process.pid, 9))`;
  assert.equal(spawnSync(process.execPath, ['-e', listen]).signal, 'SIGKILL');
  const ports = join(projectRoot, 'lib/master/ports.js');
  const ask = `import(${JSON.stringify(ports)}).then((it) => it.clearUnixSocket(${JSON.stringify(path)}, 'app.unixSocket')).catch(console.log)`;
  for (const mode of [0o755, 0o777]) {
    chmodSync(path, mode);
    const who = ['--reuid=47110', '--regid=47110', '--clear-groups'];
    const { stdout } = spawnSync('setpriv', [...who, process.execPath, '-e', ask], { cwd: '/', encoding: 'utf8' });
    assert.match(
      stdout,
      /app\.unixSocket .*socket is left by somebody else .*E(?:ACCES|PERM).*; remove it or choose another/,
    );
    assert.match(stdout, /ERR_PORT_UNUSABLE/);
  }
});
