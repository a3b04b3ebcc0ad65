import assert from 'node:assert/strict';
import type { Cluster } from './cluster.js';
import { workerPids } from './egg.js';
import type { Load } from './load.js';

/** Ends the two app workers in turn, so many times in all; between two ends the clients have so many answers. */
export async function roll(cluster: Cluster, load: Load, times: number, answers: number): Promise<void> {
  await workerPids(cluster);
  for (let count = 0; count < times; count += 1) {
    await load.untilAnswered(answers);
    const slot = `app-${count % 2}`;
    const pid = cluster.pidOf(slot);
    assert.ok(pid);
    process.kill(pid, 'SIGTERM');
    await cluster.untilReplaced(slot, pid);
  }
  await load.untilAnswered(answers);
  assert.equal(cluster.logged('child.exited', { code: 0 }).length, times, 'not all have ended with 0');
}
