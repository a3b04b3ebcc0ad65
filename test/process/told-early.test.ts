import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { untilStandby } from '../helpers/standby.js';

/** What a script's processes run in front of eggcup's part of them, or beside it. */
const nodeOptions = ['--require', fixture('scripts/waits-for-word.cjs'), '--import', fixture('scripts/turns-loop.mjs')];

test('what a script is told before it has run anything is not lost: its gate is open from the start', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { app: { nodeOptions } });
  await cluster.untilReady();
  assert.equal(cluster.output.match(/told before it hears/g)?.length, 2);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('nor what an agent is told, and a process on standby', async (t) => {
  const agent = { script: fixture('scripts/agent-idle.js') };
  const workers = { count: 1, standby: 1 };
  const cluster = await startScript(t, 'scripts/hello.js', { app: { nodeOptions }, agent, workers });
  await cluster.untilReady();
  await untilStandby(cluster);
  assert.equal(cluster.output.match(/told before it hears/g)?.length, 3);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
