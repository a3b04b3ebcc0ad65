import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import * as first from '#eggcup/monotonic.js';

/** Another copy of the module, as another of eggcup's programs in the same process has. */
const copyOf = (href: string): Promise<typeof first> => import(`${href}?later`) as Promise<typeof first>;

test('all copies count from the beginning of the process, whenever they were loaded', async () => {
  await setTimeout(50); // So long after the first.
  const later = await copyOf(import.meta.resolve('#eggcup/monotonic.js'));
  assert.notEqual(later.monotonicMs, first.monotonicMs);
  const [before, between, after] = [first.monotonicMs(), later.monotonicMs(), first.monotonicMs()];
  assert.ok(before - 1 < between && between < after + 1, `${before}, ${between}, ${after}`);
});

test('a time of it is a time of the calendar', () => {
  const [before, now, after] = [Date.now(), Date.parse(first.isoTime(first.monotonicMs())), Date.now()];
  assert.ok(before - 5 <= now && now <= after + 5, `${before}, ${now}, ${after}`);
  assert.equal(Date.parse(first.isoTime(5000)) - Date.parse(first.isoTime(1000)), 4000);
});
