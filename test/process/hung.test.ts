/** App workers whose event loop is silent: found, examined, replaced, and only then killed. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { localPortsOf } from '#eggcup/inspect/inspector-port.js';
import { type Cluster, startScript } from '../helpers/cluster.js';
import { EGGS, startEgg } from '../helpers/egg.js';
import { get } from '../helpers/net.js';
import { stateOf } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

type Served = Cluster & { readonly port: number };

function start(t: TestContext, health: object = {}): Promise<Served> {
  return startScript(t, 'scripts/hangs.js', { health: { workerTimeout: '1s', interval: '1s', ...health } });
}

/** Asks for something that gets no answer. */
function provoke(cluster: Served, path: string): void {
  get(cluster.port, path).catch(() => undefined);
}

function events(cluster: Cluster, pid: unknown): readonly string[] {
  const ofOne = cluster.log.filter((line) => line['pid'] === pid || line['predecessor'] === pid);
  return ofOne
    .map(({ event }) => event)
    .filter((event) => !['child.forked', 'child.ready', 'child.disconnected'].includes(event));
}

test('an endless loop: its stack is told, another takes its place, then it is killed', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  provoke(cluster, '/spin');
  const { pid } = await cluster.untilLogged('child.hung');
  const evidence = await cluster.untilLogged('child.hung-evidence', { pid });
  const [innermost] = evidence['stack'] as readonly string[];
  assert.match(String(innermost), /^at spinForEver \(.*hangs\.js:\d+:/);
  const report = readFileSync(String(evidence['file']), 'utf8');
  assert.match(report, /^State:\tR[^]*^CPU:\t\d+ %[^]*^at spinForEver /m);
  await cluster.untilLogged('child.exited', { pid });
  const order = events(cluster, pid);
  assert.deepEqual(
    order.filter((event) => event !== 'child.hung-evidence'),
    ['child.hung', 'reload.replaced', 'child.killed', 'child.exited'],
  );
  await until('both to answer', () => cluster.status()?.children.every(({ state }) => state === 'ready'));
  assert.equal(cluster.status()?.restartsInWindow, 1);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('the other workers serve meanwhile, and `ready` tells how many answer', async (t) => {
  const cluster = await start(t, { minReady: 2 });
  await cluster.untilReady();
  provoke(cluster, '/spin');
  await until('ready to go', () => !cluster.hasFile('ready'));
  await until('it to come back', () => cluster.hasFile('ready'));
  await cluster.untilLogged('child.exited');
  assert.match((await get(cluster.port)).body, /^\d+$/);
  assert.equal(await cluster.stop(), 0);
});

test('a process that is stopped is examined too, as far as the kernel tells', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  const pid = cluster.pidOf('app-0');
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGSTOP');
  const evidence = await cluster.untilLogged('child.hung-evidence', { pid });
  assert.deepEqual(evidence['stack'], []);
  assert.match(
    readFileSync(String(evidence['file']), 'utf8'),
    /^State:\tT[^]*no JavaScript stack: its inspector does not open/m,
  );
  await until('it to be gone', () => stateOf(pid) === '');
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('who is only slow answers again, and ends in order when its successor has come', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  const notYet = join(cluster.dir, 'not-yet');
  writeFileSync(notYet, '');
  const { body } = await get(cluster.port, '/wait?5000');
  const pid = Number(body);
  await cluster.untilLogged('child.answers', { pid });
  await cluster.untilLogged('child.hung-evidence', { pid });
  // Whoever shares 127.0.0.1 could make it run anything.
  await until('its inspector to be closed', () => localPortsOf(pid).size === 0);
  rmSync(notYet);
  await cluster.untilLogged('reload.replaced', { predecessor: pid });
  await cluster.untilLogged('child.exited', { pid, code: 0 });
  assert.match((await get(cluster.port)).body, /^\d+$/);
  assert.equal(await cluster.stop(), 0);
});

test('a port that the old one holds for itself: it is ended first', async (t) => {
  const cluster = await startScript(t, 'scripts/exclusive.js', {
    workers: { count: 1 },
    health: { workerTimeout: '1s', interval: '1s', failures: 60 },
  });
  await cluster.untilReady();
  const pid = cluster.pidOf('app-0') ?? 0;
  process.kill(pid, 'SIGSTOP');
  await cluster.untilLogged('child.exited', { pid });
  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('nobody is blamed while the master itself stood still', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  cluster.signal('SIGSTOP');
  await until('it to be stopped', () => stateOf(cluster.pid) === 'T');
  const began = Date.now();
  await until('three timeouts to pass', () => Date.now() - began > 3000);
  cluster.signal('SIGCONT');
  const seen = new Set<unknown>();
  await until('several looks to be taken', () => {
    seen.add((cluster.status() as { updatedAt?: string } | undefined)?.updatedAt);
    return seen.size > 4;
  });
  assert.deepEqual(cluster.logged('child.hung'), []);
  assert.equal(await cluster.stop(), 0);
});

test('workerTimeout: 0s leaves everybody alone', async (t) => {
  const cluster = await start(t, { workerTimeout: '0s' });
  await cluster.untilReady();
  const { body } = await get(cluster.port, '/wait?3000');
  assert.match(body, /^\d+$/);
  assert.deepEqual(cluster.logged('child.hung'), []);
  assert.equal(await cluster.stop(), 0);
});

for (const egg of EGGS) {
  test(`${egg}: a worker that is stopped is replaced`, async (t) => {
    const cluster = await startEgg(t, egg, { config: { health: { workerTimeout: '1s' } } });
    await cluster.untilReady();
    const pid = cluster.pidOf('app-0') ?? 0;
    process.kill(pid, 'SIGSTOP');
    await cluster.untilLogged('child.exited', { pid });
    await cluster.untilReplaced('app-0', pid);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}

test('those who were started without a timeout, or with a longer one, are judged by that', async (t) => {
  for (const workerTimeout of ['0s', '60s']) {
    const health = { workerTimeout };
    const cluster = await startScript(t, 'scripts/slow-start.js', { health, app: { env: { START_MS: '0' } } });
    await cluster.untilReady();
    const file = join(cluster.dir, 'cluster.yaml');
    const config = JSON.parse(readFileSync(file, 'utf8')) as { health: object; app: object };
    const app = { ...config.app, env: { START_MS: '3000' } };
    writeFileSync(file, JSON.stringify({ ...config, app, health: { ...config.health, workerTimeout: '500ms' } }));
    cluster.signal('SIGHUP');
    await cluster.untilLogged('reload.done');
    assert.deepEqual(cluster.logged('child.hung'), []);
    const pid = cluster.kill('app-0', 'SIGSTOP');
    await cluster.untilLogged('child.hung', { pid });
    await cluster.untilLogged('child.exited', { pid });
    assert.equal(await cluster.stop(), 0);
  }
});
