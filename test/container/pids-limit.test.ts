/** The kernel refuses a fork: a real pids cgroup. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startCluster } from '../helpers/cluster.js';
import { ENTER_CGROUP, makeCgroup } from '../helpers/cgroup.js';
import { freePort } from '../helpers/net.js';
import { until } from '../helpers/until.js';

test('a fork that the kernel refuses is tried again until it succeeds', async (t) => {
  const group = makeCgroup(t, 'pids');
  if (group === undefined) return;
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/hello.js'), port: await freePort() },
      agent: { script: fixture('scripts/agent-idle.js') },
      workers: { count: 2 },
    },
    wrapper: ['sh', '-c', ENTER_CGROUP, join(group, 'cgroup.procs')],
  });
  await cluster.untilReady();
  writeFileSync(join(group, 'pids.max'), '1');
  const before = { agent: cluster.pidOf('agent'), app: cluster.pidOf('app-0') };
  for (const [slot, pid] of [
    ['agent', before.agent],
    ['app-0', before.app],
  ] as const) {
    process.kill(pid ?? 0, 'SIGKILL');
    await cluster.untilLogged('child.fork-failed', { slot }, 2);
  }
  assert.ok(Number(readFileSync(join(group, 'pids.current'), 'utf8')) > 1);
  assert.ok(cluster.hasFile('ready'), 'the other worker serves on');
  writeFileSync(join(group, 'pids.max'), 'max');
  await until(
    'both to be replaced',
    () => cluster.pidOf('agent') !== undefined && cluster.pidOf('app-0') !== undefined,
  );
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
