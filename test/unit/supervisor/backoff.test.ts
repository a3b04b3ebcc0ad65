import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { SlotRecord } from '#eggcup/supervisor/model.js';
import { afterCrash } from '#eggcup/supervisor/restart-intensity.js';

test('no wait, however many crashes and whatever is configured, is more than its bound', () => {
  const policy = fc.record({ backoffInitialMs: fc.nat(1e6), backoffMaxMs: fc.nat(1e9) });
  fc.assert(
    fc.property(policy, fc.constantFrom(0, 1, 2, 50, 1024, 1025, 5000), (limits, streak) => {
      const record: SlotRecord = {
        slot: 'app-0',
        forks: 1,
        streak,
        backoffMs: 0,
        retryAt: undefined,
        downSince: 0,
        launch: 0,
        served: true,
        retires: false,
      };
      const { backoffMs } = afterCrash(record, 0, limits);
      assert.ok(backoffMs >= 0 && backoffMs <= limits.backoffMaxMs, String(backoffMs));
      if (streak === 0) assert.equal(backoffMs, 0);
    }),
  );
  const none = { backoffInitialMs: 0, backoffMaxMs: 15_000 };
  const record: SlotRecord = {
    slot: 'app-0',
    forks: 1,
    streak: 1025,
    backoffMs: 0,
    retryAt: undefined,
    downSince: 0,
    launch: 0,
    served: true,
    retires: false,
  };
  assert.equal(afterCrash(record, 0, none).backoffMs, 0);
});
