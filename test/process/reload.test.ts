/** All app workers are replaced, one by one, while clients go on asking: by signal, by message, with another config. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Cluster, fixture, startScript } from '../helpers/cluster.js';
import { Load, ask } from '../helpers/load.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

type Served = Cluster & { readonly port: number };

function start(t: TestContext, config: Readonly<Record<string, object>> = {}): Promise<Served> {
  const { app, ...others } = config;
  const env = { APP_VERSION: 'v1' };
  return startScript(t, 'scripts/versioned.js', { app: { env, args: ['a'], ...app }, ...others });
}

/** Clients on kept connections, and on a new one for each request. */
function load(t: TestContext, port: number): Load {
  const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.after(() => agents.forEach((agent) => agent.destroy()));
  const clients = [...agents, false, false] as const;
  return new Load(
    t,
    clients.map((agent) => () => ask({ port, agent })),
  );
}

function workers(cluster: Cluster): readonly (number | undefined)[] {
  return ['app-0', 'app-1'].map((slot) => cluster.pidOf(slot));
}

/** Writes the config file anew, with these sections changed. */
function rewrite(cluster: Cluster, change: Readonly<Record<string, object>>): void {
  const file = join(cluster.dir, 'cluster.yaml');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
  const merged = Object.entries(change).map(([name, section]) => [name, { ...config[name], ...section }]);
  writeFileSync(file, JSON.stringify({ ...config, ...Object.fromEntries(merged) }));
}

test('SIGUSR2 replaces every worker, never fewer listen than before, and no request is lost', async (t) => {
  const cluster = await start(t);
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
  const cluster = await start(t);
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
  const cluster = await start(t);
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
  const cluster = await start(t, { agent: { script: fixture('scripts/agent-idle.js') } });
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

test('a config that is wrong changes nothing, and says all that is wrong', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  const before = workers(cluster);
  rewrite(cluster, { app: { prot: 1 }, workers: { count: 'many' } });
  cluster.signal('SIGHUP');
  const said = await cluster.untilLogged('reload.refused', {}, 2);
  assert.equal(said['code'], 'ERR_CONFIG');
  const problems = cluster.logged('reload.refused').map(({ problem }) => String(problem));
  assert.match(problems.join('\n'), /cluster\.yaml:\d+:\d+ app\.prot: [^]*cluster\.yaml:\d+:\d+ workers\.count: /);
  rmSync(join(cluster.dir, 'cluster.yaml'));
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.refused', {}, 3);
  // Nobody would ever write it, and all requests go through the master.
  assert.equal(spawnSync('mkfifo', [join(cluster.dir, 'cluster.yaml')]).status, 0);
  cluster.signal('SIGHUP');
  assert.match(String((await cluster.untilLogged('reload.refused', {}, 4))['problem']), /no regular file/);
  assert.deepEqual(workers(cluster), before);
  assert.deepEqual(cluster.logged('reload.begun'), []);
  assert.equal(await cluster.stop(), 0);
});

test('a version that does not start ends the roll; the old workers go on, and the next one is tried anew', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  const clients = load(t, cluster.port);
  const before = workers(cluster);
  rewrite(cluster, { app: { env: { APP_VERSION: 'broken' } } });
  cluster.signal('SIGHUP');
  const aborted = await cluster.untilLogged('reload.aborted');
  assert.equal(aborted['slot'], 'app-0');
  assert.deepEqual(aborted['left'], ['app-0', 'app-1']);
  await until('nobody but the old ones', () => cluster.status()?.children.length === 2);
  assert.deepEqual(workers(cluster), before);
  // A crash meanwhile is answered with what has proven to start.
  cluster.kill('app-1');
  await cluster.untilReplaced('app-1', before[1]);

  rewrite(cluster, { app: { env: { APP_VERSION: 'v2' } } });
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.done');
  await clients.untilAnswered(20);
  await clients.stop();
  for (const failure of clients.failures) assert.match(failure, /ECONNRESET|socket hang up/, 'of the killed worker');
  assert.match((await get(cluster.port)).body, /^v2 a /);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('an agent that does not start ends the roll; the next one is like the one before it', async (t) => {
  const cluster = await start(t, { agent: { script: fixture('scripts/agent-idle.js') } });
  await cluster.untilReady();
  rewrite(cluster, { agent: { script: fixture('scripts/agent-throws.js') } });
  cluster.signal('SIGHUP');
  const aborted = await cluster.untilLogged('reload.aborted');
  assert.deepEqual([aborted['slot'], aborted['left']], ['agent', ['agent']]);
  await until('all to be ready', () => cluster.status()?.children.every(({ state }) => state === 'ready') === true);
  assert.deepEqual([cluster.status()?.phase, cluster.status()?.restartsInWindow], ['running', 0]);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('SIGTTIN and SIGTTOU: a worker more, a worker fewer, at least one; no request is lost', async (t) => {
  const cluster = await start(t);
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
  const cluster = await start(t, { reload: { watch: true } });
  await cluster.untilReady();
  const file = join(cluster.dir, 'cluster.yaml');
  const first = readFileSync(file, 'utf8');
  const exchange = (name: string, text: string): void => {
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
  assert.equal(await cluster.stop(), 0);
});

test('a stop in the middle of a roll ends everything in order', async (t) => {
  const cluster = await start(t);
  await cluster.untilReady();
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.begun');
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('signals while it starts are answered when everything is ready', async (t) => {
  const cluster = await start(t);
  await cluster.untilLogged('boot');
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.done');
  const order = cluster.log
    .map(({ event }) => event)
    .filter((event) => /^(cluster\.ready|reload\.replaced)$/.test(event));
  assert.deepEqual(order, ['cluster.ready', 'reload.replaced', 'reload.replaced']);
  assert.equal(await cluster.stop(), 0);
});
