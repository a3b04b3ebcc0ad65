import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusText } from '#eggcup/cli/status-text.js';
import { child, snapshot } from '../health/snapshots.js';

test('a status for people: what it is, why, and each process in a table', () => {
  const shown = snapshot({
    plan: { workers: 2, heapMiB: 256, reasons: ['2 workers: because', 'heap: because'] },
    children: [
      child({ slot: 'agent', pid: 11 }),
      child({ slot: 'app-0', pid: null, rssBytes: null, state: 'down', restarts: 12 }),
    ],
    standbys: [{ pid: 14, state: 'waiting', rssBytes: 30 * 2 ** 20, since: '2026-01-03T05:04:00.000Z' }],
  });
  assert.equal(
    statusText(shown, Date.parse('2026-01-03T05:04:10.000Z')),
    `phase        running, ready
address      http://127.0.0.1:7001
master       process 1, for 1d 2h
app workers  0 of 2 listen; ready with 1
restarts     2 in the window; 1 zombies
plan         2 workers: because
             heap: because

SLOT     PID  STATE    RESTARTS  MEMORY  SINCE
agent    11   ready    0         48 MiB  2026-01-02T03:04:05.500Z (1d 2h)
app-0    -    down     12        -       2026-01-02T03:04:05.500Z (1d 2h)
standby  14   waiting  -         30 MiB  2026-01-03T05:04:00.000Z (10s)`,
  );
});

test('what is not well is said, and what has just begun', () => {
  const text = statusText(
    snapshot({ ready: false, live: false, phase: 'starting', address: null }),
    Date.parse('2026-01-02T03:04:05.500Z'),
  );
  assert.match(text, /^phase {8}starting, not ready, not live\naddress {6}none yet\n/);
  assert.match(text, /\(0s\)$/);
});
