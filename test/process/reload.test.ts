/** All app workers are replaced, one by one, while clients go on asking: by signal, by message, with another config. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';
import { load, rewrite, startVersioned, workers } from '../helpers/versioned.js';

test('SIGUSR2 replaces every worker, never fewer listen than before, and no request is lost', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  const clients = load(t, cluster.port);
  for (let round = 1; round <= 5; round += 1) {
    await clients.untilAnswered(50);
    const before = workers(cluster);
    cluster.signal('SIGUSR2');
    await cluster.untilLogged('reload.done', { reason: 'SIGUSR2 received' }, round);
    await until('both to be new', () => workers(cluster).every((pid) => pid !== undefined && !before.includes(pid)));
  }
  await clients.untilAnswered(50);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  // Each successor is ready before its predecessor ends.
  const turns = cluster.log.filter(({ event }) => ['reload.replaced', 'child.exited'].includes(event));
  assert.deepEqual(
    turns.map(({ event }) => event),
    Array.from({ length: 10 }, () => ['reload.replaced', 'child.exited']).flat(),
  );
  for (const exit of cluster.logged('child.exited')) assert.equal(exit['code'], 0);
  assert.equal(cluster.status()?.restartsInWindow, 0);
  assert.deepEqual(
    cluster.status()?.children.map(({ slot, restarts }) => `${slot} ${restarts}`),
    ['app-0 0', 'app-1 0'],
  );
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a worker whose predecessor was replaced is replaced itself when it crashes', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.done');
  const [first] = workers(cluster);
  assert.ok(first !== undefined);
  process.kill(first, 'SIGKILL');
  await cluster.untilReplaced('app-0', first);
  assert.match((await get(cluster.port)).body, /^v1 a /);
  assert.equal(cluster.status()?.restartsInWindow, 1);
  assert.equal(await cluster.stop(), 0);
});

test('SIGHUP reads the config again: what has changed is said, and holds for the new workers', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  const clients = load(t, cluster.port);
  rewrite(cluster, {
    app: { env: { APP_VERSION: 'v2' }, args: ['b'], port: cluster.port + 1 },
    workers: { count: 3 },
    health: { interval: '1s' },
    log: { level: 'info' },
  });
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.done', { reason: 'SIGHUP received' });
  await until('three workers', () => cluster.pidOf('app-2') !== undefined);
  await clients.untilAnswered(20);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  for (let index = 0; index < 6; index += 1) assert.match((await get(cluster.port)).body, /^v2 b \d+$/);
  assert.deepEqual(
    cluster.logged('config.changed').map(({ key, effect }) => `${String(key)} ${String(effect)}`),
    ['app.args workers', 'app.env processes', 'workers.count size', 'health.interval live', 'log.level live'],
  );
  // The first address is what everybody knows.
  const fixed = cluster.logged('config.fixed').map(({ key, from, to }) => [key, from, to]);
  assert.deepEqual(fixed, [['app.port', cluster.port, cluster.port + 1]]);
  assert.equal(cluster.status()?.plan.workers, 3);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('an agent is replaced after the workers when its settings have changed, and only then', async (t) => {
  const cluster = await startVersioned(t, { agent: { script: fixture('scripts/agent-idle.js') } });
  await cluster.untilReady();
  const agent = cluster.pidOf('agent');
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.done');
  assert.equal(cluster.pidOf('agent'), agent);
  rewrite(cluster, { app: { env: { APP_VERSION: 'v2' } } });
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.done', {}, 2);
  await until('a new agent', () => ![agent, undefined].includes(cluster.pidOf('agent')));
  const ends = cluster.logged('child.exited').map(({ slot, code }) => `${String(slot)} ${String(code)}`);
  assert.deepEqual(ends.slice(2), ['app-0 0', 'app-1 0', 'agent 0']);
  assert.deepEqual(
    cluster.status()?.children.map(({ restarts }) => restarts),
    [0, 0, 0],
  );
  assert.equal(cluster.status()?.restartsInWindow, 0);
  assert.equal(await cluster.stop(), 0);
});

test('SIGTTIN and SIGTTOU: a worker more, a worker fewer, at least one; no request is lost', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  const clients = load(t, cluster.port);
  cluster.signal('SIGTTIN');
  await until('a third worker', () => cluster.pidOf('app-2') !== undefined);
  await clients.untilAnswered(50);
  for (let times = 0; times < 3; times += 1) {
    cluster.signal('SIGTTOU');
    if (times < 2) await until('it to be done', () => cluster.logged('scale.begun').length === 2 + times);
  }
  const refused = await cluster.untilLogged('scale.refused');
  assert.deepEqual([refused['reason'], refused['from'], refused['to']], ['SIGTTOU received', 1, 0]);
  await until('one worker', () => cluster.status()?.children.length === 1);
  assert.deepEqual(
    cluster.logged('scale.begun').map(({ from, to }) => `${String(from)} ${String(to)}`),
    ['2 3', '3 2', '2 1'],
  );
  await clients.untilAnswered(50);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('reload.watch: a ConfigMap that is exchanged under its link is followed, a wrong one is said once', async (t) => {
  const cluster = await startVersioned(t, { reload: { watch: true } });
  await cluster.untilReady();
  const file = join(cluster.dir, 'cluster.yaml');
  const first = readFileSync(file, 'utf8');
  const exchange = (name: string, text: string | Buffer): void => {
    // As the kubelet does: a new folder, and one link that is moved over the old one.
    mkdirSync(join(cluster.dir, name));
    writeFileSync(join(cluster.dir, name, 'cluster.yaml'), text);
    symlinkSync(name, join(cluster.dir, '..data_tmp'));
    renameSync(join(cluster.dir, '..data_tmp'), join(cluster.dir, '..data'));
  };
  exchange('..2026_1', first);
  rmSync(file);
  symlinkSync('..data/cluster.yaml', file);
  exchange('..2026_2', first.replace('"v1"', '"v2"'));
  await cluster.untilLogged('reload.done', { reason: 'the config file has changed' });
  assert.match((await get(cluster.port)).body, /^v2 a /);
  exchange('..2026_3', first.replace('"app"', '"ap"'));
  await cluster.untilLogged('reload.refused');
  exchange('..2026_4', first.replace('"v1"', '"v3"'));
  await cluster.untilLogged('reload.done', {}, 2);
  assert.match((await get(cluster.port)).body, /^v3 a /);
  assert.equal(new Set(cluster.logged('reload.refused').map(({ time }) => String(time).slice(0, 19))).size, 1);
  exchange('..2026_5', Buffer.from(first.replace('"v1"', '"v\u00e9"'), 'latin1'));
  const isRefused = (): boolean =>
    cluster
      .logged('reload.refused')
      .some(({ problem }) => /^cluster\.yaml: cannot be read: line \d+ is not UTF-8/.test(String(problem)));
  await until('what is no text to be refused', isRefused);
  assert.equal(await cluster.stop(), 0);
});

test('a stop in the middle of a roll ends everything in order', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.begun');
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('signals while it starts are answered when everything is ready', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilLogged('boot');
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.done');
  const order = cluster.log
    .map(({ event }) => event)
    .filter((event) => /^(cluster\.ready|reload\.replaced)$/.test(event));
  assert.deepEqual(order, ['cluster.ready', 'reload.replaced', 'reload.replaced']);
  assert.equal(await cluster.stop(), 0);
});
