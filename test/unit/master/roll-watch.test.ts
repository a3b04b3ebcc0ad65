import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RollWatch } from '#eggcup/master/roll-watch.js';
import type { Roll, RollResult, State } from '#eggcup/supervisor/model.js';
import { NO_STANDBYS } from '#eggcup/supervisor/standby.js';

const roll: Roll = {
  reason: 'first',
  launch: 0,
  only: undefined,
  beganAt: 0,
  slots: [],
  step: { kind: 'begin' },
  next: undefined,
};
const result = (reason: string): RollResult => ({ reason, endedAt: 1, failure: undefined });

function state(change: Partial<State>): State {
  const phase = { kind: 'running', nextCheckAt: 0, failedChecks: 0 } as const;
  const none = { roll: undefined, lastRoll: undefined, children: [], slots: [], crashes: [], startedAt: 0 };
  return { phase, ...none, launch: 0, wanted: 1, standbys: NO_STANDBYS, ...change };
}

test('whoever has asked is told how that roll ended; asked during another, how the one after it ended', async () => {
  const watch = new RollWatch();
  watch.observe(state({ roll }));
  const first = watch.endOf(state({ roll }));
  const next = { reason: 'second', launch: undefined, agent: false };
  const second = watch.endOf(state({ roll: { ...roll, next } }));
  const lastRoll = result('first');
  watch.observe(state({ roll: { ...roll, reason: 'second' }, lastRoll }));
  assert.equal((await first)?.reason, 'first');
  watch.observe(state({ lastRoll }));
  watch.observe(state({ lastRoll: result('second') }));
  assert.equal((await second)?.reason, 'second');
});

test('a roll that has ended at once is told at once, and a stop ends the wait', async () => {
  const watch = new RollWatch();
  assert.equal((await watch.endOf(state({ lastRoll: result('refused') })))?.reason, 'refused');
  const waiting = watch.endOf(state({ roll }));
  watch.observe(state({ phase: { kind: 'exited', exitCode: 0 } }));
  assert.equal(await waiting, undefined);
});
