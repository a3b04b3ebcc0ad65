import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, type EggCluster, agentPid, startEgg, workerPids } from '../helpers/egg.js';
import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: a job for all runs in every worker, a job for one in one of them at a time`, async (t) => {
    const cluster = await startEgg(t, egg, { env: { EGG_SCHEDULES: 'on' } });
    await cluster.untilReady();
    const apps = await workerPids(cluster);
    await until('the job for all to have run three times in each', () =>
      apps.every((pid) => ran(cluster, 'all', pid) >= 3),
    );
    await until('the job for one to have run', () => ran(cluster, 'worker') >= 3);
    // Both have the same interval: a job for one that ran in each worker would have run about as often as the other.
    const [one, all] = [ran(cluster, 'worker'), ran(cluster, 'all')];
    assert.ok(one <= all / 2 + 2, `${one} runs of the job for one, ${all} of the job for all`);

    const agent = await agentPid(cluster);
    process.kill(agent, 'SIGKILL');
    await cluster.untilReplaced('agent', agent);
    const before = ran(cluster, 'worker');
    await until('the new agent to run jobs', () => ran(cluster, 'worker') > before);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}

function ran(cluster: EggCluster, type: 'all' | 'worker', pid?: number): number {
  return cluster.logged('egg.app.ran', pid === undefined ? { type } : { type, pid }).length;
}
