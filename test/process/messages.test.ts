import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

interface Talk {
  readonly pid: number;
  readonly pids: readonly number[];
  readonly heard: readonly string[];
}

test('agent and workers talk in egg’s words: to all, to one, to a pid, and back', async (t) => {
  const cluster = await startScript(t, 'talk/app.mjs', { agent: { script: fixture('talk/agent.mjs') } });
  await cluster.untilReady();
  const agent = cluster.pidOf('agent');
  const workers = new Map<number, Talk>();
  await until('both workers to have heard all', async () => {
    const talk = JSON.parse((await get(cluster.port)).body) as Talk;
    workers.set(talk.pid, talk);
    return (
      [...workers.values()].filter(({ heard }) => heard.includes(`direct:${talk.pid}`)).length === 2 ||
      workers.size === 2
    );
  });
  await until('the direct answers', async () => {
    const talk = JSON.parse((await get(cluster.port)).body) as Talk;
    workers.set(talk.pid, talk);
    return [...workers.values()].every(({ pid, heard }) => heard.includes(`direct:${pid}`));
  });
  for (const talk of workers.values()) {
    assert.deepEqual(talk.pids, [agent], 'every worker knows the agent');
    for (const word of ['egg-ready', 'from-agent:news', 'all:everybody']) assert.ok(talk.heard.includes(word), word);
  }
  const random = [...workers.values()].flatMap(({ heard }) => heard).filter((word) => word.startsWith('random'));
  assert.equal(random.length, 1, 'sendRandom reaches one worker');
  for (const pid of workers.keys()) {
    await until('the agent to hear both', () => cluster.output.includes(`agent heard ${pid}\n`));
    await until('sendRandom to reach the agent', () => cluster.output.includes(`agent random ${pid}\n`));
  }
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a new worker learns the agent’s pid and hears egg-ready', async (t) => {
  const cluster = await startScript(t, 'talk/app.mjs', {
    agent: { script: fixture('talk/agent.mjs') },
    workers: { count: 1 },
  });
  await cluster.untilReady();
  const before = cluster.pidOf('app-0') ?? 0;
  process.kill(before, 'SIGKILL');
  await cluster.untilReplaced('app-0', before);
  await until('it to have heard', async () => {
    const talk = JSON.parse((await get(cluster.port)).body) as Talk;
    return talk.heard.includes('egg-ready') && talk.pids.includes(cluster.pidOf('agent') ?? 0);
  });
  assert.equal(await cluster.stop(), 0);
});
