/** A master as PID 1 of a container with limits: its plan, its probes, its stop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from '../../helpers/cluster.js';
import { Container } from '../../helpers/cgroup-v2.js';
import { freePort, get } from '../../helpers/net.js';

test('as PID 1, hardened: the plan follows the limits, orphans are reaped, the probes answer, SIGTERM ends it', async (t) => {
  const port = await freePort();
  const limits = { 'cpu.max': '150000 100000', 'memory.max': '256M', 'memory.swap.max': '0', 'pids.max': '64' };
  const container = new Container(t, limits, { app: { script: fixture('scripts/leaves-orphans.js'), port } });
  const { cluster } = container;
  await cluster.untilReady();

  const { pid, plan, container: facts } = cluster.status() ?? assert.fail('there is no status.json');
  assert.equal(pid, 1);
  assert.deepEqual([facts['cgroup'], facts['cpuQuota'], facts['memoryLimitBytes']], [2, 1.5, 256 * 2 ** 20]);
  assert.deepEqual([plan.workers, plan.heapMiB], [1, 120]);
  assert.match(
    plan.reasons.join('\n'),
    /limit 256 MiB less 96 MiB for master and agent; \/sys\/fs\/cgroup\/memory\.max/,
  );
  assert.deepEqual(cluster.logged('boot')[0]?.['reasons'], plan.reasons);
  assert.equal((await get(port)).status, 200);

  await cluster.untilLogged('child.orphan-reaped', { code: 3 });
  assert.match(container.exec('cat', '/proc/1/status').stdout, HARDENED);
  assert.match(container.exec('touch', '/run/somewhere', '/somewhere').stderr, /Read-only[^]*Read-only/);
  for (const what of ['started', 'ready', 'live'] as const) {
    const { status, stdout, stderr } = container.probe(what);
    assert.equal(status, 0, stdout + stderr);
  }
  assert.equal(await container.stop(), 0);
  assert.equal(container.terminationMessage, '');
  assert.deepEqual(container.processes, []);
});

const HARDENED = /^Uid:\t65534\t65534[^]*^CapPrm:\t0+\n^CapEff:\t0+\n^CapBnd:\t0+\n[^]*^NoNewPrivs:\t1$/m;

test('without limits, as a control: another plan', async (t) => {
  const container = new Container(t, {}, { app: { script: fixture('scripts/hello.js'), port: await freePort() } });
  await container.cluster.untilReady();
  const { plan, container: facts } = container.cluster.status() ?? assert.fail('there is no status.json');
  assert.deepEqual([facts['cgroup'], facts['cpuQuota'], facts['memoryLimitBytes']], [2, null, null]);
  assert.equal(plan.heapMiB, null);
  assert.match(plan.reasons[0] ?? '', /CPU quota absent/);
  assert.equal(await container.stop(), 0);
});

test('a fork that the kernel refuses is tried again until it succeeds', async (t) => {
  const app = { script: fixture('scripts/hello.js'), port: await freePort() };
  const container = new Container(t, {}, { app, workers: { count: 1 } });
  const { cluster } = container;
  await cluster.untilReady();
  container.set('pids.max', '1');
  container.kill('app-0');
  await cluster.untilLogged('child.fork-failed', { slot: 'app-0' }, 2);
  container.set('pids.max', 'max');
  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  assert.equal(await container.stop(), 0);
});
