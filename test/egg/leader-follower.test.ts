import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, type EggCluster, agentPid, getJson, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: a client is shared, the agent leads and the workers follow, also after the agent was killed`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const agent = await agentPid(cluster);
    const apps = await workerPids(cluster);
    await publish(cluster, 'red');
    await untilSeen(cluster, 'red', [agent, ...apps]);
    assert.deepEqual(await lookUp(cluster), { value: 'red', leader: agent });

    process.kill(agent, 'SIGKILL');
    const next = await cluster.untilReplaced('agent', agent);
    await until('the workers to follow the new leader', async () => (await lookUp(cluster))?.leader === next);
    // The followers publish again by themselves what they had published to the leader that died.
    await publish(cluster, 'green');
    await untilSeen(cluster, 'green', [next, ...apps]);
    assert.deepEqual(await lookUp(cluster), { value: 'green', leader: next });
    assert.deepEqual(await workerPids(cluster), apps, 'no worker was replaced');
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: two clusters beside each other have leaders of their own`, async (t) => {
    const [one, other] = await Promise.all([startEgg(t, egg), startEgg(t, egg)]);
    await Promise.all([one.untilReady(), other.untilReady()]);
    const ports = await Promise.all(
      [one, other].map(async (cluster) => (await pageOf(cluster, (await workerPids(cluster))[0])).clusterPort),
    );
    assert.notEqual(ports[0], ports[1]);
    await publish(one, 'red');
    await untilSeen(one, 'red', await workerPids(one));
    assert.deepEqual(await lookUp(other), { value: null, leader: await agentPid(other) });
    assert.deepEqual(await Promise.all([one.stop(), other.stop()]), [0, 0]);
    await Promise.all([one.assertGone(), other.assertGone()]);
  });
}

async function publish(cluster: EggCluster, value: string): Promise<void> {
  await getJson(cluster.port, `/publish?value=${value}`);
}

/** Asks the leader through a follower; `undefined` while there is no connection between them. */
async function lookUp(cluster: EggCluster): Promise<{ value: string | null; leader: number } | undefined> {
  try {
    const { value, leader } = await getJson<{ value: string | null; leader: number }>(cluster.port, '/look-up');
    return { value, leader };
  } catch {
    return undefined;
  }
}

async function untilSeen(cluster: EggCluster, value: string, pids: readonly number[]): Promise<void> {
  await until(`${value} to reach ${pids.join()}`, () =>
    pids.every((pid) =>
      ['egg.agent.registry-value', 'egg.app.registry-value'].some(
        (event) => cluster.logged(event, { value, pid }).length > 0,
      ),
    ),
  );
}
