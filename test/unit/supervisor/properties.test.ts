import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { GIVE_UP_MS } from '#eggcup/supervisor/deadlines.js';
import { HURRIED_STOP_MS } from '#eggcup/supervisor/shutdown.js';
import { PROMISES } from './promises.js';
import { POLICY } from './scenario.js';
import { type Incident, anyChanges, anyPolicy, anySchedule, anyTroubles, happen, lenientPolicy } from './schedule.js';
import { World } from './world.js';

/** More by hand: `RUNS=40000 npm test -- unit/supervisor/properties`. */
const RUNS = Number(process.env['RUNS'] ?? 1000);

const WORLDS = [
  ['in trouble', anyPolicy, anySchedule],
  ['that is changed', lenientPolicy, anyChanges],
] as const;

for (const [promise, watch] of Object.entries(PROMISES)) {
  for (const [kind, policies, schedules] of WORLDS)
    test(`a cluster ${kind}: ${promise}`, () => {
      fc.assert(
        fc.property(policies, schedules, (policy, schedule) => {
          const world = new World(policy, watch);
          for (const incident of schedule) happen(world, incident);
          end(world);
          tellAfterwards(world);
        }),
        { numRuns: RUNS },
      );
    });
}

test('the Manager check counts only in a row, however good and bad checks follow each other', () => {
  const promise = 'the Manager check exits 1 after as many bad checks in a row as configured, and never otherwise';
  const incident = fc.constantFrom<Incident>(
    { kind: 'crash', n: 0 },
    { kind: 'all-ready' },
    { kind: 'jump', ms: 400 },
    { kind: 'jump', ms: 1000 },
  );
  const policy = { ...POLICY, workers: 1, hasAgent: false, checkIntervalMs: 1000, restartLimit: 1000 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(incident, { maxLength: 60 }), (checkFailures, incidents) => {
      const world = new World({ ...policy, checkFailures }, PROMISES[promise]);
      world.allReady();
      for (const each of incidents) happen(world, each);
    }),
    { numRuns: RUNS },
  );
});

test('a stop comes to its exit within delay, app, agent and what a kill may take', () => {
  fc.assert(
    fc.property(anyPolicy, anySchedule, (policy, schedule) => {
      const world = new World(policy, () => ({}));
      for (const incident of schedule) happen(world, incident);
      const began = world.now;
      end(world);
      assert.equal(world.state.phase.kind, 'exited');
      const { delayMs, appStopMs, agentStopMs } = policy;
      const bound = delayMs + appStopMs + agentStopMs + HURRIED_STOP_MS + 2 * GIVE_UP_MS;
      assert.ok(world.now - began <= bound, `${world.now - began} ms of ${bound}`);
    }),
    { numRuns: RUNS },
  );
});

for (const [kind, policies, troubles] of [
  ['in trouble', anyPolicy, anyTroubles],
  ['that is changed', lenientPolicy, anyChanges],
] as const)
  test(`a cluster ${kind} becomes whole again when it is left in peace, or has ended`, () => {
    fc.assert(
      fc.property(policies, troubles, (policy, incidents) => {
        const world = new World(policy, () => ({}));
        for (const incident of incidents) happen(world, incident);
        bePeaceful(world);
        const { phase, slots, children, roll, wanted } = world.state;
        if (phase.kind === 'exited') return;
        assert.equal(phase.kind, 'running');
        assert.deepEqual([roll, slots.filter(({ slot }) => slot !== 'agent').length], [undefined, wanted]);
        assert.equal(children.length, slots.length);
        for (const { slot } of slots) {
          assert.deepEqual(
            children.filter((child) => child.slot === slot).map(({ state }) => state.kind),
            ['ready'],
          );
        }
      }),
      { numRuns: RUNS },
    );
  });

/** Asks for the end, if nobody has, and lets time pass until it has come. */
function end(world: World): void {
  world.tell({ kind: 'stop-requested', signal: 'SIGTERM' });
  for (let steps = 0; world.state.phase.kind !== 'exited'; steps += 1) {
    assert.ok(steps < 200, 'no end in sight');
    world.settle();
    world.advanceToDeadline();
  }
}

/** What is still on its way when the master has ended. */
function tellAfterwards(world: World): void {
  world.tell({ kind: 'stop-requested', signal: 'SIGTERM' });
  world.tell({ kind: 'master-failed', message: 'simulated' });
  world.tell({ kind: 'fork-failed', slot: 'app-0', message: 'simulated' });
  world.tell({ kind: 'refork-refused' });
  for (const { id } of world.processes) world.tell({ kind: 'child-exited', id, code: 0, signal: null });
  world.advance(100_000);
}

/** Nothing fails any more; what is told to end does. */
function bePeaceful(world: World): void {
  world.executor.forksToFail = 0;
  for (let steps = 0; steps < 100; steps += 1) {
    for (const process of world.processes) {
      process.ignoresTerm = false;
      process.ignoresKill = false;
      // Who drains comes to its end.
      if (!process.connected) world.exit(process);
    }
    world.settle();
    world.allReady();
    world.advance(1000);
  }
}
