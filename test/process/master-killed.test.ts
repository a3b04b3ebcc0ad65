/** A master that is killed (SIGKILL, an OOM kill) can clean nothing up: its processes end by themselves. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { isLiving } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('when the master is killed, nothing is left after 2 s, and the agent says 110', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { agent: { script: fixture('scripts/agent-idle.js') } });
  await cluster.untilReady();
  cluster.signal('SIGKILL');
  await until('everything to end', () => cluster.processes().length === 0, 2000);
  await cluster.ended();
  assert.match(cluster.errors, /exiting with code:110/);
});

test('when the master is killed during the start, nothing is left after 2 s', async (t) => {
  for (const event of ['child.forked', 'child.ready']) {
    const cluster = await startScript(
      t,
      'scripts/slow-start.js',
      { agent: { script: fixture('scripts/agent-idle.js') } },
      { env: { START_MS: '30000' } },
    );
    await cluster.untilLogged(event);
    cluster.signal('SIGKILL');
    await until('everything to end', () => cluster.processes().length === 0, 2000);
  }
});

test('a master that is killed at any moment of the boot leaves nothing, and no agent runs on its own', async (t) => {
  for (let round = 0; round < 8; round += 1) {
    const RAN = join(temporaryDirectory(t), 'ran');
    const agent = { script: fixture('scripts/agent-eager.js') };
    const cluster = await startScript(t, 'scripts/hello.js', { agent }, { env: { RAN } });
    await cluster.untilLogged('child.forked', { slot: 'agent' });
    await new Promise((resolve) => setTimeout(resolve, round * 15));
    cluster.signal('SIGKILL');
    await until('everything to end', () => cluster.processes().length === 0, 2000);
    // It may have run before the kill, as a child of the master: never as somebody else's.
    if (existsSync(RAN)) assert.equal(readFileSync(RAN, 'utf8'), String(cluster.pid));
  }
});

test('a worker that drains after an uncaught exception ends with a master that is killed', async (t) => {
  const cluster = await startScript(t, 'scripts/crash-on-request.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const before = cluster.pidOf('app-0') ?? 0;
  get(cluster.port, '/slow?20000').catch(() => undefined);
  await get(cluster.port);
  get(cluster.port, '/throw').catch(() => undefined);
  await cluster.untilReplaced('app-0', before);
  assert.ok(isLiving(before));
  cluster.signal('SIGKILL');
  await until('everything to end', () => cluster.processes().length === 0, 2000);
});
