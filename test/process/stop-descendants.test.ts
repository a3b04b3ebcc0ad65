/** A stop ends not only the workers, but all that they have started. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startScript } from '../helpers/cluster.js';
import { until } from '../helpers/until.js';

test('what workers have started ends with them, also what left their session', async (t) => {
  const cluster = await startScript(t, 'scripts/family.js');
  await cluster.untilReady();
  await until('all to run', () => cluster.processes().length === 1 + 2 * 3);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('what a killed worker had started does not outlive the master', async (t) => {
  const cluster = await startScript(t, 'scripts/family.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const worker = cluster.pidOf('app-0') ?? 0;
  process.kill(worker, 'SIGKILL');
  await cluster.untilReplaced('app-0', worker);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a descendant that ignores SIGTERM is killed at the end of its worker’s time (15)', async (t) => {
  const cluster = await startScript(t, 'scripts/stubborn-family.js', {
    workers: { count: 1 },
    shutdown: { app: '1s', agent: '1s' },
  });
  await cluster.untilReady();
  await until('the child to say that it ignores SIGTERM', () => cluster.output.includes('stubborn child'));
  assert.equal(await cluster.stop(), 15);
  const killed = cluster.logged('child.killed')[0];
  assert.deepEqual([killed?.['slot'], killed?.['state']], ['app-0', 'stopping']);
  // Not the worker itself: it has ended in time.
  assert.match(String(killed?.['outlivedBy']), /^\S+ \(pid \d+\)$/);
  assert.match(
    String(cluster.logged('cluster.failed')[0]?.['reason']),
    /^SIGTERM received; app-0 \(pid \d+\) has ended, but what it had started had to be killed: \S+ \(pid \d+\)$/,
  );
  await cluster.assertGone();
});
