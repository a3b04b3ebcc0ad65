/** What a master does that hears of things only later. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Cluster, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { isLiving } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

/** Stops a cluster whose master stands still from when its workers were told until they have had their time, and `afterMs` more. */
async function standStill(t: TestContext, afterMs: number): Promise<Cluster> {
  const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { app: '3s', agent: '1s' } });
  await cluster.untilReady();
  const pids = ['app-0', 'app-1'].map((slot) => cluster.pidOf(slot) ?? 0);
  const open = Array.from({ length: 4 }, () => get(cluster.port, '/slow?1000'));
  await Promise.all(Array.from({ length: 4 }, () => get(cluster.port)));
  cluster.signal('SIGTERM');
  const askedAt = performance.now();
  // Both have been told, and have a request to finish.
  await until('the port to be closed', () =>
    get(cluster.port).then(
      () => false,
      () => true,
    ),
  );
  cluster.signal('SIGSTOP');
  await Promise.all(open);
  await until('both workers to have ended', () => !pids.some((pid) => isLiving(pid)));
  await setTimeout(askedAt + 3000 + afterMs - performance.now());
  cluster.signal('SIGCONT');
  assert.equal(await cluster.ended(), 0);
  assert.deepEqual(cluster.logged('child.killed'), []);
  return cluster;
}

test('a master that stood still for longer than a stop may take has not killed whoever ended in time', async (t) => {
  const cluster = await standStill(t, 3000);
  const [late] = cluster.logged('master.late');
  assert.ok(Number(late?.['ms']) > 1000, String(late?.['ms']));
});

test('nor has one that woke up right after their time: it first hears what has happened', async (t) => {
  await standStill(t, 500);
});
