/** Real OOM kills, in a real memory cgroup. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ENTER_CGROUP, makeCgroup } from '../helpers/cgroup.js';
import { fixture, startCluster } from '../helpers/cluster.js';
import { freePort, get } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';

test('a worker that the kernel kills for memory is named as such, in the log and in the termination message', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  writeFileSync(join(group, 'memory.limit_in_bytes'), String(300 * 2 ** 20));
  const terminationLog = join(temporaryDirectory(t), 'termination-log');
  writeFileSync(terminationLog, '');
  const port = await freePort();
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/leaks.js'), port },
      workers: { count: 1 },
      restart: { limit: 2, duration: '60s' },
      health: { interval: '1s' },
      terminationLog,
    },
    wrapper: ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')],
  });
  await cluster.untilReady();
  cluster.kill('app-0');
  const plain = await cluster.untilLogged('child.exited', { signal: 'SIGKILL' });
  assert.equal(plain['cause'], undefined);
  await cluster.untilLogged('child.ready', {}, 2);
  await get(port, '/leak').catch(() => undefined);
  assert.equal(await cluster.ended(), 13);
  const killed = cluster.logged('child.exited', { signal: 'SIGKILL' })[1];
  assert.match(String(killed?.['cause']), /^out of memory \(limit 300\.0 MiB, last seen at \d+\.\d MiB\)$/);
  const message = readFileSync(terminationLog, 'utf8');
  assert.match(message, /^eggcup exits with code 13: /);
  assert.match(message, /app-0 \(pid \d+\): SIGKILL\n.*app-0 \(pid \d+\): SIGKILL by the kernel, out of memory/);
  const [failed] = cluster.logged('cluster.failed', { exitCode: 13, level: 'fatal' });
  assert.match(JSON.stringify(failed?.['exits']), /by the kernel, out of memory/);
  await cluster.assertGone();
});

test('a worker that leaks on V8’s heap is ended by V8, at the planned limit, before the kernel kills anybody', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  writeFileSync(join(group, 'memory.limit_in_bytes'), String(400 * 2 ** 20));
  const port = await freePort();
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/leaks.js'), port },
      agent: { script: fixture('scripts/agent-idle.js') },
      workers: { count: 1 },
      health: { interval: '1s' },
    },
    wrapper: ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')],
  });
  await cluster.untilReady();
  const heapMiB = cluster.status()?.plan.heapMiB ?? Infinity;
  assert.ok(heapMiB < 400, `a heap of ${heapMiB} MiB is planned`);
  const agent = cluster.pidOf('agent');
  assert.equal((await get(port, '/leak-heap')).status, 200);
  const ended = await cluster.untilLogged('child.exited', { slot: 'app-0' });
  assert.equal(ended['signal'], 'SIGABRT');
  assert.match(
    String(ended['cause']),
    new RegExp(`^JavaScript heap out of memory \\(heap limit ${heapMiB}\\.0 MiB, last seen at \\d+\\.\\d MiB\\)$`),
  );
  assert.match(cluster.errors, /JavaScript heap out of memory/);
  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  assert.equal((await get(port)).status, 200);
  assert.equal(cluster.pidOf('agent'), agent, 'the agent lives on');
  assert.match(readFileSync(join(group, 'memory.oom_control'), 'utf8'), /^oom_kill 0$/m);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
