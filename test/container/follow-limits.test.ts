/** The limits of a real cgroup change while the cluster runs, as Kubernetes does when it resizes a pod in place. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'node:http';
import { test, type TestContext } from 'node:test';
import { run } from '../helpers/cli.js';
import { type Cluster, fixture, startCluster } from '../helpers/cluster.js';
import { ENTER_CGROUP, makeCgroup, setQuota } from '../helpers/cgroup.js';
import { Load, ask } from '../helpers/load.js';
import { freePort } from '../helpers/net.js';
import { until } from '../helpers/until.js';

const MIB = 2 ** 20;

interface Limited {
  readonly cluster: Cluster;
  readonly clients: Load;
}

/** A cluster in these groups, with clients that go on asking. */
async function startIn(t: TestContext, groups: readonly string[], workers: object): Promise<Limited> {
  const port = await freePort();
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/hello.js'), port }, workers, health: { interval: '500ms' } },
    wrapper: groups.flatMap((group) => ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')]),
  });
  await cluster.untilReady();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const clients = new Load(t, [() => ask({ port, agent }), () => ask({ port, agent: false })]);
  return { cluster, clients };
}

function untilWorkers(cluster: Cluster, count: number): Promise<unknown> {
  return until(`${count} workers`, () => {
    const children = cluster.status()?.children ?? [];
    return children.length === count && children.every(({ state }) => state === 'ready');
  });
}

/** status.json is written as often as the limits are looked at. */
async function severalLooks(cluster: Cluster): Promise<void> {
  const shown = new Set<unknown>();
  await until('several intervals to pass', () => shown.add(cluster.status()?.updatedAt).size > 5);
}

test('the number of workers follows the CPU quota, up and down, and no request is lost', async (t) => {
  const group = makeCgroup(t, 'cpu');
  if (group === undefined) return;
  if (availableParallelism() < 2) return t.skip('needs two CPUs: the cpuset is the tighter limit');
  setQuota(group, 100_000);
  const { cluster, clients } = await startIn(t, [group], { count: 'auto', heap: 'off' });
  await untilWorkers(cluster, 1);
  setQuota(group, 200_000);
  await untilWorkers(cluster, 2);
  assert.equal(cluster.status()?.container['cpuQuota'], 2);
  assert.equal(cluster.status()?.plan.workers, 2);
  await clients.untilAnswered(20);
  setQuota(group, 100_000);
  await untilWorkers(cluster, 1);
  await clients.untilAnswered(20);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.deepEqual(
    cluster.logged('limits.changed').map(({ workers }) => workers),
    [2, 1],
  );
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('more workers than memory holds are had, but not without a word', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  writeFileSync(join(group, 'memory.limit_in_bytes'), String(512 * MIB));
  const { cluster, clients } = await startIn(t, [group], { memoryPerWorker: '300Mi' });
  await untilWorkers(cluster, 1);
  const { code, stdout } = run('cli', ['scale', '2', '--dir', cluster.healthDir], cluster.dir);
  const warning = 'warning: no room for 2 heaps of 240 MiB in the 320 MiB for workers';
  assert.deepEqual([code, stdout.split(' (')[0]], [0, `2 app workers listen; there were to be 1 before\n${warning}`]);
  assert.match(String((await cluster.untilLogged('sizing.warning'))['warning']), new RegExp(`^${warning}`));
  const fewer = run('cli', ['scale', '1', '--dir', cluster.healthDir], cluster.dir);
  assert.equal(fewer.stdout, '1 app worker listens; there were to be 2 before\n');
  await clients.stop();
  assert.equal(await cluster.stop(), 0);
});

test('the heap of each worker follows the memory limit: they are replaced one by one', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  const setMemory = (mib: number): void => writeFileSync(join(group, 'memory.limit_in_bytes'), String(mib * MIB));
  setMemory(512);
  const { cluster, clients } = await startIn(t, [group], { count: 2 });
  const before = cluster.status()?.plan.heapMiB ?? 0;
  setMemory(1024);
  await cluster.untilLogged('reload.done', { reason: 'the limits of the container have changed' });
  const after = cluster.status()?.plan.heapMiB ?? 0;
  assert.ok(after > before, `${after} of ${before}`);
  assert.equal(cluster.logged('reload.replaced').length, 2);
  await clients.untilAnswered(20);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('with followQuota: false nothing follows', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  const setMemory = (mib: number): void => writeFileSync(join(group, 'memory.limit_in_bytes'), String(mib * MIB));
  setMemory(512);
  const { cluster } = await startIn(t, [group], { count: 1, followQuota: false });
  setMemory(1024);
  await severalLooks(cluster);
  assert.deepEqual(cluster.logged('limits.changed'), []);
  assert.equal(await cluster.stop(), 0);
});

test('a cgroup that is throttled as a whole blames no worker for its silence', async (t) => {
  const group = makeCgroup(t, 'cpu');
  if (group === undefined) return;
  setQuota(group, 400_000);
  const port = await freePort();
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/hello.js'), port },
      workers: { count: 2, followQuota: false },
      health: { interval: '1s', workerTimeout: '1s' },
    },
    wrapper: ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')],
  });
  await cluster.untilReady();
  setQuota(group, 1000);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const clients = new Load(t, [() => ask({ port, agent })]);
  await clients.untilAnswered(30);
  setQuota(group, 400_000);
  await clients.stop();
  assert.deepEqual(cluster.logged('child.hung'), []);
  assert.equal(await cluster.stop(), 0);
});

test('what the container may use is told as it is now, whether or not anything follows from it', async (t) => {
  const group = makeCgroup(t, 'cpu');
  if (group === undefined) return;
  setQuota(group, 100_000);
  const { cluster, clients } = await startIn(t, [group], { count: 1, heap: 'off' });
  assert.equal(cluster.status()?.container['cpuQuota'], 1);
  setQuota(group, 250_000);
  await until('the new quota', () => cluster.status()?.container['cpuQuota'] === 2.5);
  await clients.stop();
  assert.deepEqual(cluster.logged('limits.changed'), []);
  assert.equal(await cluster.stop(), 0);
});

test('a limit that changes takes nothing back of a config whose workers did not start', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  if (availableParallelism() < 2) return t.skip('needs two CPUs');
  const setMemory = (mib: number): void => writeFileSync(join(group, 'memory.limit_in_bytes'), String(mib * MIB));
  setMemory(600);
  const { cluster, clients } = await startIn(t, [group], { count: 'auto', max: 2 });
  await untilWorkers(cluster, 2);
  const file = join(cluster.dir, 'cluster.yaml');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { app: object };
  const app = { ...config.app, env: { NODE_OPTIONS: '--require=/does/not/exist' } };
  writeFileSync(file, JSON.stringify({ ...config, app, workers: { count: 'auto', max: 1 } }));
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.aborted');
  await untilWorkers(cluster, 1);
  setMemory(1024);
  await cluster.untilLogged('reload.done', { reason: 'the limits of the container have changed' });
  await severalLooks(cluster);
  assert.equal(cluster.logged('limits.changed').length, 1);
  await untilWorkers(cluster, 1);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.equal(await cluster.stop(), 0);
});
