import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Cluster, fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { isLiving } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

/** Kills the process of a slot and waits for its successor to be ready. */
async function killAndReplace(cluster: Cluster, slot: string): Promise<void> {
  const pid = await until(`${slot} to be ready`, () => cluster.pidOf(slot));
  process.kill(pid, 'SIGKILL');
  await until(`${slot} to be replaced`, () => (cluster.pidOf(slot) ?? pid) !== pid);
}

test('a killed worker is replaced in its slot, and the agent is told the new pids', async (t) => {
  const cluster = await startScript(t, 'talk/app.mjs', { agent: { script: fixture('talk/agent.mjs') } });
  await cluster.untilReady();
  await killAndReplace(cluster, 'app-0');
  const pids = JSON.stringify([cluster.pidOf('app-1'), cluster.pidOf('app-0')].toSorted());
  await until('the agent to hear of both', () => {
    const last = cluster.output.split('\n').findLast((line) => line.startsWith('agent pids'));
    return last !== undefined && JSON.stringify((JSON.parse(last.slice(11)) as number[]).toSorted()) === pids;
  });
  assert.equal(cluster.status()?.children.find(({ slot }) => slot === 'app-0')?.restarts, 1);
  assert.equal(cluster.status()?.restartsInWindow, 1);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a killed agent is replaced while the workers serve on, and new workers wait for it', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {
    agent: { script: fixture('scripts/agent-says-ready.js'), ready: 'message' },
  });
  await cluster.untilReady();
  const workers = [cluster.pidOf('app-0'), cluster.pidOf('app-1')];
  const agent = cluster.kill('agent');
  await cluster.untilLogged('child.exited', { pid: agent });
  cluster.kill('app-0');
  // Until the master has noticed, Node may hand the dead worker a connection, which then hangs.
  await cluster.untilLogged('child.exited', { pid: workers[0] });
  assert.equal(Number((await get(cluster.port)).body), workers[1]);
  await until(
    'both to be replaced',
    () => cluster.pidOf('app-0') !== undefined && cluster.pidOf('app-0') !== workers[0],
  );
  const readyAgain = cluster.logged('child.ready').slice(3);
  assert.deepEqual(
    readyAgain.map((line) => line['slot']),
    ['agent', 'app-0'],
  );
  assert.equal(cluster.pidOf('app-1'), workers[1]);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('`ready` goes while fewer than health.minReady workers listen, and comes back', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { health: { minReady: 2 } });
  await cluster.untilReady();
  cluster.kill('app-1', 'SIGSTOP');
  cluster.kill('app-0');
  await until('ready to go', () => !cluster.hasFile('ready'));
  assert.ok(cluster.hasFile('started') && cluster.hasFile('live'));
  cluster.kill('app-1', 'SIGCONT');
  await until('ready to come back', () => cluster.hasFile('ready'));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a crash loop waits longer and longer, and the limit ends the master with 13', async (t) => {
  const cluster = await startScript(
    t,
    'scripts/crash-loop.js',
    { restart: { limit: 5, duration: '60s', backoff: { initial: '50ms', max: '1s' } }, workers: { count: 1 } },
    { env: { CRASH_WHEN: '/nonexistent' } },
  );
  await cluster.untilReady();
  // Every crash counts, also of a worker that had started well.
  await killAndReplace(cluster, 'app-0');
  const crashing = await startScript(
    t,
    'scripts/crash-loop.js',
    { restart: { limit: 5, duration: '60s', backoff: { initial: '50ms', max: '1s' } }, workers: { count: 1 } },
    { env: { CRASH_WHEN: join(cluster.dir, 'crash') } },
  );
  await crashing.untilReady();
  writeFileSync(join(cluster.dir, 'crash'), '');
  crashing.kill('app-0');
  assert.equal(await crashing.ended(), 13);
  const waits = crashing.logged('child.forked', { slot: 'app-0' }).map((line) => line['waitMs']);
  assert.deepEqual(waits, [0, 0, 50, 100, 200]);
  assert.match(
    String(crashing.logged('cluster.failed')[0]?.['reason']),
    /^5 crashes within 60000 ms \(restart\.limit\); the last was app-0: boom since the file is there$/,
  );
  await crashing.assertGone();
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('without any worker the Manager check ends the master with 1, and `live` goes first', async (t) => {
  const flag = join(process.env['TMPDIR'] ?? '/tmp', `eggcup-crash-${process.pid}`);
  const cluster = await startScript(
    t,
    'scripts/crash-loop.js',
    { health: { interval: '300ms', failures: 3 }, restart: { backoff: { initial: '1s', max: '15s' } } },
    { env: { CRASH_WHEN: flag } },
  );
  await cluster.untilReady();
  writeFileSync(flag, '');
  t.after(() => rmSync(flag, { force: true }));
  for (const slot of ['app-0', 'app-1']) cluster.kill(slot);
  assert.equal(await cluster.ended(), 1);
  assert.deepEqual(
    cluster.logged('manager.check-failed').map((line) => line['failures']),
    [1, 2, 3],
  );
  assert.equal(cluster.logged('manager.exception')[0]?.['error'], 'ClusterWorkerExceptionError');
  await cluster.assertGone();
});

test('an agent in a crash loop fails the Manager check too', async (t) => {
  const flag = join(process.env['TMPDIR'] ?? '/tmp', `eggcup-agent-crash-${process.pid}`);
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    {
      agent: { script: fixture('scripts/agent-crash-loop.js') },
      health: { interval: '300ms', failures: 2 },
      restart: { backoff: { initial: '1s', max: '15s' } },
    },
    { env: { CRASH_WHEN: flag } },
  );
  await cluster.untilReady();
  writeFileSync(flag, '');
  t.after(() => rmSync(flag, { force: true }));
  cluster.kill('agent');
  assert.equal(await cluster.ended(), 1);
  await cluster.assertGone();
});

test('an uncaught exception: the server stops accepting, open requests finish, a successor is there already', async (t) => {
  const cluster = await startScript(t, 'scripts/crash-on-request.js', {
    workers: { count: 1 },
    shutdown: { app: '3s', agent: '1s' },
  });
  await cluster.untilReady();
  const before = cluster.pidOf('app-0') ?? 0;
  const open = get(cluster.port, '/slow?1500');
  await get(cluster.port);
  const thrown = get(cluster.port, '/throw').catch((error: Error) => error);
  await cluster.untilReplaced('app-0', before);
  assert.ok(isLiving(before), 'the old worker still drains');
  assert.notEqual(Number((await get(cluster.port)).body), before);
  assert.equal((await open).body, `slow ${before}`);
  assert.ok((await thrown) instanceof Error, 'the request that threw is never answered');
  const exited = await cluster.untilLogged('child.exited', { pid: before });
  assert.equal(exited['code'], 1);
  assert.match(cluster.errors, /boom in a request/);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a worker that exits by itself, even with 0, is replaced', async (t) => {
  const cluster = await startScript(t, 'scripts/crash-on-request.js');
  await cluster.untilReady();
  await get(cluster.port, '/exit').catch(() => undefined);
  await cluster.untilLogged('child.ready', {}, 3);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('an uncaught exception with nobody to read standard error still lets open requests finish', async (t) => {
  const cluster = await startScript(t, 'scripts/crash-on-request.js', {
    workers: { count: 1 },
    shutdown: { app: '3s', agent: '1s' },
  });
  await cluster.untilReady();
  cluster.process.stderr?.destroy();
  const open = get(cluster.port, '/slow?1000');
  await get(cluster.port);
  get(cluster.port, '/throw').catch(() => undefined);
  assert.match((await open).body, /^slow \d+$/);
  assert.equal((await cluster.untilLogged('child.exited'))['code'], 1);
  assert.equal(await cluster.stop(), 0);
});

test('a worker that closes its server is not ready until it listens again', async (t) => {
  const cluster = await startScript(t, 'scripts/closes.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const pid = cluster.pidOf('app-0') ?? 0;
  process.kill(pid, 'SIGUSR2');
  await until('ready to go', () => !cluster.hasFile('ready'));
  process.kill(pid, 'SIGUSR2');
  await until('ready to come back', () => cluster.hasFile('ready'));
  // The marker comes at once, status.json a turn of the loop later.
  assert.equal(await until('status.json to say so', () => cluster.pidOf('app-0')), pid);
  assert.equal(await cluster.stop(), 0);
});
