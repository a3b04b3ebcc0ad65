import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findThrottling, parseThrottledMs } from '#eggcup/container/throttled.js';

test('throttled time is read in the units of both versions', () => {
  assert.equal(parseThrottledMs('usage_usec 9\nnr_periods 2\nnr_throttled 1\nthrottled_usec 2500\n'), 2.5);
  assert.equal(parseThrottledMs('nr_periods 2\nnr_throttled 1\nthrottled_time 2500000\n'), 2.5);
  assert.equal(parseThrottledMs('usage_usec 9\n'), undefined);
});

test('the most throttled level on the path counts; without a cgroup nothing is', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'eggcup-test-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  assert.equal(findThrottling(root)(), 0);
  mkdirSync(join(root, 'proc/self'), { recursive: true });
  mkdirSync(join(root, 'sys/fs/cgroup/pod/app'), { recursive: true });
  writeFileSync(join(root, 'proc/self/cgroup'), '0::/pod/app\n');
  writeFileSync(join(root, 'proc/self/mountinfo'), '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n');
  for (const [directory, usec] of [
    ['', 0],
    ['pod', 7000],
    ['pod/app', 3000],
  ] as const) {
    const folder = join(root, 'sys/fs/cgroup', directory);
    writeFileSync(join(folder, 'cgroup.procs'), '');
    writeFileSync(join(folder, 'cgroup.controllers'), 'cpu memory');
    writeFileSync(join(folder, 'cpu.stat'), `throttled_usec ${usec}\n`);
  }
  const throttledMs = findThrottling(root);
  assert.equal(throttledMs(), 7);
  writeFileSync(join(root, 'sys/fs/cgroup/pod/app/cpu.stat'), 'throttled_usec 9000\n');
  assert.equal(throttledMs(), 9);
});
