import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, type EggCluster, agentPid, getJson, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: messages go from the agent to all apps, from an app to the agent, to one, and to all`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const agent = await agentPid(cluster);
    const apps = await workerPids(cluster);

    await call(cluster, 'agent', 'sendToApp', 'note', 'agent to apps');
    await call(cluster, 'app', 'sendToAgent', 'note', 'app to agent');
    await call(cluster, 'app', 'sendRandom', 'note', 'app to agent by chance');
    await call(cluster, 'app', 'sendToApp', 'note', 'app to apps');
    await call(cluster, 'app', 'sendTo', apps[1], 'note', 'app to one app');
    await call(cluster, 'app', 'sendTo', agent, 'note', 'app to the agent by pid');
    await call(cluster, 'agent', 'sendTo', apps[0], 'note', 'agent to one app');
    await call(cluster, 'agent', 'sendRandom', 'note', 'agent to one app by chance');
    await call(cluster, 'app', 'broadcast', 'note', 'app to all');
    await call(cluster, 'agent', 'broadcast', 'note', 'agent to all');
    // Channels keep their order, so whoever has heard the last one has heard them all.
    await until('all to hear the last one', () => heard(cluster, 'agent to all').size === 3);
    await until('all to hear the last one but one', () => heard(cluster, 'app to all').size === 3);

    assert.deepEqual(heard(cluster, 'agent to apps'), new Set(apps));
    assert.deepEqual(heard(cluster, 'app to agent'), new Set([agent]));
    assert.deepEqual(heard(cluster, 'app to agent by chance'), new Set([agent]));
    assert.deepEqual(heard(cluster, 'app to apps'), new Set(apps));
    assert.deepEqual(heard(cluster, 'app to one app'), new Set([apps[1]]));
    assert.deepEqual(heard(cluster, 'app to the agent by pid'), new Set([agent]));
    assert.deepEqual(heard(cluster, 'agent to one app'), new Set([apps[0]]));
    const chosen = [...heard(cluster, 'agent to one app by chance')];
    assert.ok(chosen.length === 1 && apps.some((pid) => pid === chosen[0]), `chosen was ${chosen.join()}`);
    assert.deepEqual(heard(cluster, 'app to all'), new Set([agent, ...apps]));
    assert.deepEqual(heard(cluster, 'agent to all'), new Set([agent, ...apps]));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: every worker knows the agent's pid, and the agent theirs, also after either was killed`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    await assertAllKnowEachOther(cluster);

    const [, second] = await workerPids(cluster);
    process.kill(second, 'SIGKILL');
    const third = await cluster.untilReplaced('app-1', second);
    await assertAllKnowEachOther(cluster);
    await cluster.untilLogged('egg.app.server-did-ready', { pid: third });

    const agent = await agentPid(cluster);
    process.kill(agent, 'SIGKILL');
    const nextAgent = await cluster.untilReplaced('agent', agent);
    await assertAllKnowEachOther(cluster);
    await cluster.untilLogged('egg.agent.server-did-ready', { pid: nextAgent });
    await call(cluster, 'agent', 'sendToApp', 'note', 'from the new agent');
    await until('both workers to hear the new agent', () => heard(cluster, 'from the new agent').size === 2);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: a message to the agent while there is none, or to nobody, is dropped and harms nobody`, async (t) => {
    const cluster = await startEgg(t, egg, { fault: 'none' });
    await cluster.untilReady();
    const agent = await agentPid(cluster);
    cluster.setFault('agent-never-loads');
    process.kill(agent, 'SIGKILL');
    await cluster.untilLogged('child.exited', { pid: agent });
    await call(cluster, 'app', 'sendTo', agent, 'note', 'to the dead');
    await call(cluster, 'app', 'sendTo', 1, 'note', 'to somebody else');
    await cluster.untilLogged('message.dropped', { why: `no process ${agent}` });
    await cluster.untilLogged('message.dropped', { why: 'no process 1' });
    for (const pid of await workerPids(cluster)) assert.deepEqual((await pageOf(cluster, pid)).opids, []);
    // A follower without a leader can't be closed (cluster-client waits for its leader first).
    cluster.setFault('none');
    const hanging = await until('the agent that hangs', () => cluster.pidOf('agent', 'starting'));
    process.kill(hanging, 'SIGKILL');
    await until('the followers to have a leader', () => answers(cluster, '/look-up'));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}

/** Calls a method of egg's messenger in a worker or in the agent. */
async function call(cluster: EggCluster, where: 'agent' | 'app', how: string, ...args: unknown[]): Promise<void> {
  const query = new URLSearchParams({ call: JSON.stringify({ where, how, args }) });
  await getJson(cluster.port, `/messenger?${query.toString()}`);
}

async function answers(cluster: EggCluster, path: string): Promise<boolean> {
  return getJson(cluster.port, path).then(
    () => true,
    () => false,
  );
}

/** Pids of those who heard it; nobody may hear it twice. */
function heard(cluster: EggCluster, text: string): ReadonlySet<number> {
  const pids = [...cluster.logged('egg.agent.heard', { text }), ...cluster.logged('egg.app.heard', { text })].map(
    ({ pid }) => Number(pid),
  );
  assert.equal(new Set(pids).size, pids.length, `"${text}" was heard twice`);
  return new Set(pids);
}

async function assertAllKnowEachOther(cluster: EggCluster): Promise<void> {
  const agent = await agentPid(cluster);
  const apps = await workerPids(cluster);
  for (const pid of apps) {
    await until(`worker ${pid} to know agent ${agent}`, async () => {
      const { opids } = await pageOf(cluster, pid);
      return opids.length === 1 && opids[0] === agent;
    });
  }
  await until(`agent ${agent} to know the workers ${apps.join()}`, () => {
    const known = cluster.logged('egg.agent.pids', { pid: agent }).at(-1)?.['pids'];
    return JSON.stringify(known) === JSON.stringify(apps);
  });
}
