import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { isLiving } from '../helpers/processes.js';
import { untilStandby } from '../helpers/standby.js';
import { until } from '../helpers/until.js';

const ONE = { workers: { count: 2, standby: 1 } };

test('a worker that is killed is replaced by the process on standby, which is then like any other, and another one waits', async (t) => {
  const cluster = await startScript(t, 'scripts/shows-place.js', ONE);
  await cluster.untilReady();
  const standby = await untilStandby(cluster);
  assert.ok(isLiving(standby) && cluster.processes().includes(standby));
  cluster.kill('app-1');
  await until('the standby to be app-1', () => cluster.pidOf('app-1') === standby);
  await untilStandby(cluster, standby);
  const answers = await Promise.all(Array.from({ length: 8 }, () => get(cluster.port)));
  const own = answers.map(({ body }) => JSON.parse(body) as [number, ...unknown[]]).find(([pid]) => pid === standby);
  assert.deepEqual(own, [standby, '1', '2', true]);
  assert.equal(cluster.logged('child.forked', { pid: standby, standby: true }).length, 1);
  assert.deepEqual(
    cluster.status()?.children.map(({ slot, restarts }) => [slot, restarts]),
    [
      ['app-0', 0],
      ['app-1', 1],
    ],
  );
  // It is replaced as any other, and cfork has not forked beside it.
  cluster.kill('app-1');
  await cluster.untilReplaced('app-1', standby);
  await untilStandby(cluster);
  assert.equal(cluster.processes().length, 4);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('several that end at once are replaced by those that wait, and by cfork when there are no more', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { workers: { count: 3, standby: 2 } });
  await cluster.untilReady();
  const waiting = await until('two to wait', () => {
    const pids = cluster.status()?.standbys.flatMap(({ pid, state }) => (state === 'waiting' ? [pid] : []));
    return pids?.length === 2 ? pids : undefined;
  });
  const before = ['app-0', 'app-1', 'app-2'].map((slot) => cluster.kill(slot));
  await Promise.all(before.map((pid, index) => cluster.untilReplaced(`app-${index}`, pid)));
  const taken = cluster.logged('child.forked', { standby: true }).map(({ pid }) => pid);
  assert.deepEqual(taken.toSorted(), waiting.toSorted());
  await until('two to wait again', () => cluster.status()?.standbys.length === 2);
  assert.equal(cluster.processes().length, 6);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a worker that hangs, and one more worker: they get who waits', async (t) => {
  const cluster = await startScript(t, 'scripts/hangs.js', { ...ONE, health: { workerTimeout: '1s' } });
  await cluster.untilReady();
  const first = await untilStandby(cluster);
  void get(cluster.port, '/spin').catch(() => undefined);
  const { slot } = await cluster.untilLogged('child.hung');
  await until('the standby to serve', () => cluster.pidOf(String(slot)) === first);
  await cluster.untilLogged('reload.done');
  const second = await untilStandby(cluster, first);
  cluster.signal('SIGTTIN');
  await until('the standby to be app-2', () => cluster.pidOf('app-2') === second);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a reload ends it first and has another one wait, of the new config; a config without ends it', async (t) => {
  const cluster = await startScript(t, 'scripts/versioned.js', {
    ...ONE,
    app: { env: { APP_VERSION: 'one' } },
  });
  await cluster.untilReady();
  const first = await untilStandby(cluster);
  const write = (version: string, standby: number): void => {
    const app = { script: fixture('scripts/versioned.js'), port: cluster.port, env: { APP_VERSION: version } };
    const config = { app, workers: { count: 2, standby }, health: { dir: cluster.healthDir } };
    writeFileSync(join(cluster.dir, 'cluster.yaml'), JSON.stringify(config));
  };
  write('two', 1);
  cluster.signal('SIGHUP');
  await cluster.untilLogged('standby.exited', { pid: first, signal: 'SIGKILL', level: 'info' });
  await cluster.untilLogged('reload.done');
  const second = await untilStandby(cluster, first);
  cluster.kill('app-0');
  await until('the standby to serve', () => cluster.pidOf('app-0') === second);
  const bodies = await Promise.all(Array.from({ length: 8 }, () => get(cluster.port)));
  assert.ok(bodies.every(({ body }) => body.startsWith('two ')));
  const third = await untilStandby(cluster, second);
  write('two', 0);
  cluster.signal('SIGHUP');
  await cluster.untilLogged('standby.exited', { pid: third });
  await cluster.untilLogged('reload.done', {}, 2);
  assert.deepEqual(cluster.status()?.standbys, []);
  // One that is asked for again is not forked before the replacement, which would end it.
  write('two', 1);
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.done', {}, 3);
  const fourth = await untilStandby(cluster);
  assert.deepEqual(
    cluster.logged('standby.forked').map(({ pid }) => pid),
    [first, second, third, fourth],
  );
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('one that is killed is no crash, and is tried again later', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { ...ONE, restart: { backoff: { max: '1500ms' } } });
  await cluster.untilReady();
  const standby = await untilStandby(cluster);
  process.kill(standby, 'SIGKILL');
  await cluster.untilLogged('standby.exited', { pid: standby, level: 'warn' });
  await untilStandby(cluster, standby);
  assert.deepEqual([cluster.status()?.restartsInWindow, cluster.logged('child.exited')], [0, []]);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('one that dies with the worker gets no place: another one is forked', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', ONE);
  await cluster.untilReady();
  const killed = await untilStandby(cluster);
  process.kill(killed, 'SIGKILL');
  const first = cluster.kill('app-0');
  await cluster.untilReplaced('app-0', first);
  assert.deepEqual([cluster.status()?.restartsInWindow, cluster.logged('child.forked', { pid: killed })], [1, []]);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('one that is silent is told and ended, and another one waits', async (t) => {
  const health = { workerTimeout: '1s' };
  const cluster = await startScript(t, 'scripts/hello.js', { ...ONE, health, restart: { backoff: { max: '1s' } } });
  await cluster.untilReady();
  const stopped = await untilStandby(cluster);
  process.kill(stopped, 'SIGSTOP');
  const { why } = await cluster.untilLogged('standby.failed', { pid: stopped });
  assert.match(String(why), /^it was silent for \d+ ms$/);
  await cluster.untilLogged('standby.exited', { pid: stopped, signal: 'SIGKILL' });
  await untilStandby(cluster, stopped);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('it ends with a master that is killed', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', ONE);
  await cluster.untilReady();
  const standby = await untilStandby(cluster);
  cluster.signal('SIGKILL');
  await until('the standby to end', () => !isLiving(standby));
});
