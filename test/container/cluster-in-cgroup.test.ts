/** The whole master in a real cgroup: the plan follows the limits, and is told with its reasons. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startCluster } from '../helpers/cluster.js';
import { ENTER_CGROUP, makeCgroup, setQuota } from '../helpers/cgroup.js';
import { freePort } from '../helpers/net.js';

test('a CPU quota of 2.5 gives two workers, and the reason is in the log and in status.json', async (t) => {
  const group = makeCgroup(t, 'cpu');
  if (group === undefined) return;
  setQuota(group, 250_000);
  for (const [rounding, workers] of [
    ['floor', 2],
    ['ceil', 3],
  ] as const) {
    const cluster = startCluster(t, {
      config: {
        app: { script: fixture('scripts/hello.js'), port: await freePort() },
        // The cpuset of a small machine must not be the tighter limit here.
        workers: { rounding, count: 'auto' },
      },
      wrapper: ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')],
    });
    await cluster.untilReady();
    const status = cluster.status();
    assert.equal(status?.container['cpuQuota'], 2.5);
    const cpus = Math.min(workers, Number(status?.container['cpuset'] ?? workers));
    assert.equal(status?.plan.workers, cpus);
    assert.deepEqual(cluster.logged('boot')[0]?.['reasons'], status?.plan.reasons);
    assert.ok(status?.plan.reasons.some((reason) => reason.includes('CPU')));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  }
});

test('half a CPU gives one worker; the memory limit sets its heap', async (t) => {
  const cpu = makeCgroup(t, 'cpu');
  const memory = makeCgroup(t, 'memory');
  if (cpu === undefined || memory === undefined) return;
  setQuota(cpu, 50_000);
  writeFileSync(join(memory, 'memory.limit_in_bytes'), String(512 * 2 ** 20));
  const enter = (group: string): string[] => ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')];
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/main.cjs'), port: await freePort() } },
    wrapper: [...enter(cpu), ...enter(memory)],
  });
  await cluster.untilReady();
  const status = cluster.status();
  assert.equal(status?.plan.workers, 1);
  assert.equal(status?.container['memoryLimitBytes'], 512 * 2 ** 20);
  const heap = status?.plan.heapMiB ?? 0;
  assert.ok(heap > 64 && heap < 512, String(heap));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
