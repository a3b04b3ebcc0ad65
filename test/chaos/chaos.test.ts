import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { drawSchedule } from './draw.js';
import { RUNS, SEED } from './fixed-runs.js';
import { brokenPromises } from './invariants.js';
import { runSchedule } from './run.js';
import { whyNoSandbox } from './sandbox.js';
import type { Schedule } from './schedule.js';
import { tryRun } from './try-run.js';

const skip = whyNoSandbox() ?? false;

// Two at a time: a machine may have no more cores.
describe('whatever is done to a master and its processes, it keeps its promises', { concurrency: 2, skip }, () => {
  for (let run = 0; run < RUNS; run += 1) {
    test(`seed ${SEED}, run ${run}`, async () => {
      const { failure } = await tryRun(SEED, run);
      assert.equal(failure, undefined, failure);
    });
  }
});

test('files that lie, and are there when nobody is left, are noticed', { skip }, async () => {
  const quiet: Schedule = {
    ...drawSchedule(SEED, 0),
    setup: {
      ...drawSchedule(SEED, 0).setup,
      role: 'child',
      program: 'script',
      agent: 'none',
      appBehaviour: { startMs: 0, throwsAt: [], flood: false, stubborn: false, family: false },
    },
    from: 'ready',
    faults: [],
    stop: { atMs: 3000, settles: false, signals: [{ signal: 'SIGTERM', afterMs: 0 }] },
  };
  const undisturbed = await runSchedule(quiet);
  assert.deepEqual(brokenPromises(undisturbed, quiet.setup), []);
  const observation = await runSchedule(quiet, (sample, healthDir) => {
    if (!sample.started) return;
    rmSync(join(healthDir, 'started'), { force: true });
    writeFileSync(join(healthDir, 'status.json'), '{"phase":');
    writeFileSync(join(healthDir, '.left.tmp'), '');
  });
  const broken = brokenPromises(observation, quiet.setup).map((text) => text.split(':')[0]);
  for (const promise of [
    'started is there from egg-ready to the end',
    'status.json always parses, and its phase only goes on',
    'no file is left',
  ])
    assert.ok(broken.includes(promise), `${promise}: noticed was only ${broken.join('; ')}`);
});
