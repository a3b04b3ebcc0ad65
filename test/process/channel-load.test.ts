/** Load on the channel between agent, master and app workers: nothing is lost, and the master does not grow with it. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Cluster, fixture, startScript } from '../helpers/cluster.js';
import { until } from '../helpers/until.js';

function startLoad(t: TestContext, workers: number, count: number): Promise<Cluster> {
  return startScript(
    t,
    'talk/load-app.mjs',
    {
      agent: { script: fixture('talk/load-agent.mjs') },
      workers: { count: workers },
      health: { interval: '500ms' },
      log: { level: 'info' },
    },
    { env: { LOAD_COUNT: String(count) } },
  );
}

/** The most that the process has ever held in memory, in MiB (proc_pid_status(5)). */
function peakMiB(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

function agentOf(cluster: Cluster): number {
  const pid = cluster.pidOf('agent');
  assert.ok(pid !== undefined);
  return pid;
}

/** Whether the heart has beaten within what probe.js allows. */
function assertBeats(cluster: Cluster): void {
  const age = Date.now() - statSync(join(cluster.healthDir, 'live')).mtimeMs;
  assert.ok(age < 10_000, `live is ${age} ms old`);
}

function dropped(cluster: Cluster, slot: string): number {
  const child = cluster.status()?.children.find((candidate) => candidate.slot === slot);
  return Number((child as { messagesDropped?: number } | undefined)?.messagesDropped);
}

test('8 workers, 20,000 messages of 1 KiB each, to the agent and back: all there, in order, in little memory', async (t) => {
  const [workers, count] = [8, 20_000];
  const cluster = await startLoad(t, workers, count);
  await cluster.untilReady();
  const before = peakMiB(cluster.pid);
  process.kill(agentOf(cluster), 'SIGUSR2');
  const isBack = (): boolean => {
    assertBeats(cluster);
    assert.deepEqual(cluster.logged('child.exited'), [], cluster.errors);
    return cluster.output.split(`all ${count} are back`).length - 1 === workers;
  };
  await until('all messages to be back', isBack, 240_000);
  // 160 MiB go each way. Without back-pressure the master holds what the agent has not read yet.
  const grown = peakMiB(cluster.pid) - before;
  assert.ok(grown < 80, `the master has grown by ${grown} MiB`);
  t.diagnostic(`the master has grown by ${grown.toFixed(1)} MiB`);
  assert.deepEqual(cluster.logged('channel.overflow'), []);
  assert.equal(dropped(cluster, 'agent'), 0);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('an agent that stops reading costs the master a bounded amount; what is too much is dropped, counted and said', async (t) => {
  const [workers, count] = [2, 40_000];
  const cluster = await startLoad(t, workers, count);
  await cluster.untilReady();
  const before = peakMiB(cluster.pid);
  const agent = agentOf(cluster);
  process.kill(agent, 'SIGUSR2');
  await until('some to be on their way', () => peakMiB(cluster.pid) > before);
  process.kill(agent, 'SIGSTOP');
  await cluster.untilLogged('channel.overflow', { slot: 'agent' });
  await until(
    'everything to be sent',
    () => {
      assertBeats(cluster);
      return cluster.output.split('sent all').length - 1 === workers;
    },
    240_000,
  );
  await until('status.json to count them', () => dropped(cluster, 'agent') > 0);
  const grown = peakMiB(cluster.pid) - before;
  assert.ok(grown < 140, `the master has grown by ${grown} MiB`);
  t.diagnostic(`the master has grown by ${grown.toFixed(1)} MiB`);

  process.kill(agent, 'SIGCONT');
  await cluster.untilLogged('channel.drained', { slot: 'agent' });
  await until('what was not heard to be said to be dropped, to the last one', () => {
    process.kill(agent, 'SIGUSR1');
    const heard = Number([...cluster.output.matchAll(/heard (\d+)/g)].at(-1)?.[1]);
    const said = cluster.logged('channel.drained').reduce((sum, line) => sum + Number(line['dropped']), 0);
    return heard + said === workers * count;
  });
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('messages cost more than their text, and that is bounded too: two workers that stand still in a flood', async (t) => {
  const cluster = await startScript(t, 'talk/knows-agent.mjs', {
    agent: { script: fixture('talk/small-agent.mjs') },
    health: { interval: '500ms' },
    log: { level: 'info' },
  });
  await cluster.untilReady();
  const before = peakMiB(cluster.pid);
  const workers = ['app-0', 'app-1'].map((slot) => cluster.pidOf(slot) ?? 0);
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  process.kill(agentOf(cluster), 'SIGUSR2');
  for (const slot of ['app-0', 'app-1']) await cluster.untilLogged('channel.overflow', { slot });
  await until(
    'far more to be dropped than there was room for',
    () => {
      assertBeats(cluster);
      return dropped(cluster, 'app-0') > 500_000;
    },
    240_000,
  );
  const grown = peakMiB(cluster.pid) - before;
  t.diagnostic(`the master has grown by ${grown.toFixed(1)} MiB`);
  assert.ok(grown < 250, `the master has grown by ${grown} MiB`);
  // The master's own words are not among what is dropped: the agent's successor is told to who did not read then.
  process.kill(agentOf(cluster), 'SIGKILL');
  await cluster.untilLogged('child.ready', { slot: 'agent' }, 2);
  for (const pid of workers) process.kill(pid, 'SIGCONT');
  for (const slot of ['app-0', 'app-1']) await cluster.untilLogged('channel.drained', { slot });
  await until('both to know the new agent', () => {
    return cluster.output.split(`the agent is ${cluster.pidOf('agent')}\n`).length - 1 === workers.length;
  });
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a worker that stops reading holds up neither the agent nor the other worker', async (t) => {
  const cluster = await startLoad(t, 2, 30_000);
  await cluster.untilReady();
  const stopped = cluster.pidOf('app-0') ?? 0;
  process.kill(agentOf(cluster), 'SIGUSR2');
  await until('some to be back', () => peakMiB(cluster.pid) > 0 && cluster.hasFile('ready'));
  process.kill(stopped, 'SIGSTOP');
  await until('the other one to have all', () => cluster.output.includes('are back'), 240_000);
  process.kill(stopped, 'SIGCONT');
  await until(
    'the stopped one too, as far as it was sent',
    () => {
      const all = cluster.output.split('are back').length - 1 === 2;
      return all || dropped(cluster, 'app-0') > 0;
    },
    240_000,
  );
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
