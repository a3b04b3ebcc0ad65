/** The kernel refuses a fork: a real pids cgroup. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startCluster } from '../helpers/cluster.js';
import { ENTER_CGROUP, makeCgroup } from '../helpers/cgroup.js';
import { freePort } from '../helpers/net.js';

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
  const killed = new Map<string, number>();
  for (const slot of ['agent', 'app-0']) {
    killed.set(slot, cluster.kill(slot));
    await cluster.untilLogged('child.fork-failed', { slot }, 2);
  }
  assert.ok(Number(readFileSync(join(group, 'pids.current'), 'utf8')) > 1);
  assert.ok(cluster.hasFile('ready'), 'the other worker serves on');
  writeFileSync(join(group, 'pids.max'), 'max');
  for (const [slot, pid] of killed) await cluster.untilReplaced(slot, pid);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
