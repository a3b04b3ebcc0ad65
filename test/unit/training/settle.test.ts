import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilSettled } from '#eggcup/training/settle.js';

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
const never = new AbortController().signal;

test('facts of the past are not waited for', async () => {
  await untilSettled([], never);
  await untilSettled([['/packages', inSeconds(-60)]], never);
});

test('a new fact is waited for until a change would have another time', async () => {
  const newest = inSeconds(0);
  await untilSettled(
    [
      ['/old', newest - 60],
      ['/new', newest],
      ['/older', newest - 90],
    ],
    never,
  );
  assert.ok(Date.now() >= (newest + 2) * 1000);
});

test('a signal ends the wait, with its reason', { timeout: 30_000 }, async () => {
  const [aborter, reason] = [new AbortController(), new Error('SIGTERM received')];
  const settled = untilSettled([['/new', inSeconds(3600)]], aborter.signal);
  aborter.abort(reason);
  await assert.rejects(settled, reason);
  await assert.rejects(untilSettled([['/new', inSeconds(3600)]], aborter.signal), reason);
});
