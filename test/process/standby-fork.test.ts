/** When a process on standby is forked; this process is the cluster's primary. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { setImmediate } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { ForkSettings } from '#eggcup/process/fork-settings.js';
import type { Launch } from '#eggcup/process/launch.js';
import { Standbys } from '#eggcup/process/standbys.js';
import { fixture, projectRoot } from '../helpers/cluster.js';
import { isLiving } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

const LAUNCH: Launch = {
  exec: fixture('scripts/agent-idle.js'),
  args: [],
  execArgv: [],
  env: {},
  cwd: projectRoot,
  hungAfterMs: undefined,
  heapMiB: undefined,
  framework: undefined,
  task: {
    kind: 'script',
    role: 'app',
    reusePort: false,
    ready: 'listening',
    require: [],
    baseDir: projectRoot,
    drainMs: 1000,
  },
};

/** Pids of those that were forked. */
class Forks {
  readonly pids: number[] = [];
  readonly standbys: Standbys;

  constructor(t: TestContext) {
    const nothing = (): void => undefined;
    const events = {
      standbyForked: (_: number, pid: number) => void this.pids.push(pid),
      standbyReady: nothing,
      standbyBeat: nothing,
      standbyFailed: nothing,
      standbyRefused: (message: string) => assert.fail(message),
      standbyExited: nothing,
    };
    this.standbys = new Standbys(events, new ForkSettings());
    t.after(async () => {
      this.standbys.endAll();
      await until('all of them to have gone', () => !this.pids.some(isLiving));
    });
  }
}

const workers = (): number => Object.keys(cluster.workers ?? {}).length;

test('it is forked when what its turn has to say has been said', async (t) => {
  const { pids, standbys } = new Forks(t);
  standbys.fork(LAUNCH);
  const seen = await new Promise((resolve) => process.nextTick(() => resolve([workers(), pids.length])));
  assert.deepEqual(seen, [0, 0]); // A turn's messages go out in a tick.
  await until('it to be forked', () => pids.length === 1);
  assert.ok(pids.every(isLiving));
});

test('one that is about to be forked when all is over is not', async (t) => {
  const { pids, standbys } = new Forks(t);
  await until('those of the other test to be forgotten', () => workers() === 0);
  standbys.fork(LAUNCH);
  standbys.endAll();
  await setImmediate();
  await setImmediate();
  assert.deepEqual([workers(), pids], [0, []]);
});
