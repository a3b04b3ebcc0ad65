import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, agentPid, getJson, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: after an uncaught exception a worker finishes its requests while its successor already serves`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const [first, second] = await workerPids(cluster);
    const slow = [1, 2, 3, 4].map(() => getJson<{ pid: number }>(cluster.port, '/slow?ms=6000'));
    await cluster.untilLogged('egg.app.slow-begun', {}, 4);
    const { pid: thrower } = await getJson<{ pid: number }>(cluster.port, '/throw');
    const [slot, other] = thrower === first ? ['app-0', second] : ['app-1', first];
    assert.ok(cluster.logged('egg.app.slow-begun', { pid: thrower }).length > 0, 'it has a request to finish');

    const successor = await cluster.untilReplaced(slot, thrower);
    assert.equal(cluster.logged('child.exited', { pid: thrower }).length, 0, 'it still drains');
    assert.equal((await pageOf(cluster, successor)).pid, successor);
    const finished = await Promise.all(slow);
    assert.deepEqual(new Set(finished.map(({ pid }) => pid)), new Set([first, second]));
    await cluster.untilLogged('child.exited', { pid: thrower });
    assert.equal(cluster.logged('child.killed').length, 0, 'it ended by itself');
    assert.equal(cluster.logged('child.exited').length, 1, `only ${thrower} has ended`);
    assert.equal((await pageOf(cluster, other)).pid, other);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: no request fails while workers throw one after the other`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const client = new AbortController();
    const statuses = askUntil(client.signal, cluster.port);
    for (const _ of [1, 2, 3]) {
      const { pid } = await getJson<{ pid: number }>(cluster.port, '/throw');
      await cluster.untilLogged('child.exited', { pid });
      await workerPids(cluster);
    }
    client.abort();
    assert.deepEqual(new Set(await statuses), new Set([200]));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: no request fails while workers are ended by SIGTERM one after the other`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const client = new AbortController();
    const statuses = Promise.all([1, 2, 3, 4].map(() => askUntil(client.signal, cluster.port)));
    for (const slot of ['app-0', 'app-1', 'app-0', 'app-1']) {
      const pid = await until(`${slot} to be ready`, () => cluster.pidOf(slot));
      process.kill(pid, 'SIGTERM');
      await cluster.untilLogged('child.exited', { pid });
      await workerPids(cluster);
    }
    client.abort();
    assert.deepEqual(new Set((await statuses).flat()), new Set([200]));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: a worker that was killed is replaced, and the others go on`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const [first, second] = await workerPids(cluster);
    process.kill(first, 'SIGKILL');
    const successor = await cluster.untilReplaced('app-0', first);
    assert.equal((await pageOf(cluster, successor)).pid, successor);
    assert.equal((await pageOf(cluster, second)).pid, second);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: while the agent is replaced the workers go on serving`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const workers = await workerPids(cluster);
    const agent = await agentPid(cluster);
    process.kill(agent, 'SIGKILL');
    await until('the agent to be replaced', async () => {
      assert.equal((await get(cluster.port)).status, 200);
      const pid = cluster.pidOf('agent');
      return pid !== undefined && pid !== agent;
    });
    assert.equal(cluster.hasFile('ready'), true);
    assert.deepEqual(await workerPids(cluster), workers);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: a replacement that can't load the application is tried again until it can`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const [first, second] = await workerPids(cluster);
    cluster.setFault('app-throws');
    process.kill(first, 'SIGKILL');
    await cluster.untilLogged('child.start-failed', { slot: 'app-0' }, 3);
    assert.equal((await pageOf(cluster, second)).pid, second);
    cluster.setFault('none');
    const successor = await cluster.untilReplaced('app-0', first);
    assert.equal((await pageOf(cluster, successor)).pid, successor);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: an agent that can't be loaded again is tried again until it can`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const agent = await agentPid(cluster);
    cluster.setFault('agent-did-load-rejects');
    process.kill(agent, 'SIGKILL');
    await cluster.untilLogged('child.start-failed', { slot: 'agent' }, 3);
    cluster.setFault('none');
    await cluster.untilReplaced('agent', agent);
    await until(
      'the followers to have a leader again',
      async () => (await get(cluster.port, '/look-up')).status === 200,
    );
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}

/** Asks again and again, each time on a new connection; rejects as soon as one request fails. */
async function askUntil(signal: AbortSignal, port: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  while (!signal.aborted) statuses.push((await get(port)).status);
  return statuses;
}
