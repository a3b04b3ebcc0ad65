import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMetrics } from '#eggcup/health/metrics.js';
import { parseMetrics } from '../../helpers/metrics.js';
import { child, snapshot } from './snapshots.js';

test('a cluster that runs, metric by metric', () => {
  assert.deepEqual(Object.fromEntries(parseMetrics(renderMetrics(snapshot()))), {
    eggcup_started: 1,
    eggcup_ready: 1,
    eggcup_live: 1,
    'eggcup_phase{phase="starting"}': 0,
    'eggcup_phase{phase="running"}': 1,
    'eggcup_phase{phase="reloading"}': 0,
    'eggcup_phase{phase="stopping"}': 0,
    eggcup_start_time_seconds: Date.UTC(2026, 0, 2, 3, 4, 0) / 1000,
    eggcup_app_workers_ready: 2,
    eggcup_app_workers_min_ready: 1,
    eggcup_standbys: 0,
    eggcup_standby_resident_memory_bytes: 0,
    eggcup_restarts_in_window: 2,
    eggcup_zombies: 1,
    eggcup_app_workers_planned: 2,
    eggcup_app_worker_heap_limit_bytes: 268_435_456,
    eggcup_container_cpu_quota_cores: 1.5,
    eggcup_container_cpuset_cores: 4,
    eggcup_container_memory_limit_bytes: 1_073_741_824,
    'eggcup_children{role="agent",state="gate"}': 0,
    'eggcup_children{role="agent",state="starting"}': 0,
    'eggcup_children{role="agent",state="ready"}': 1,
    'eggcup_children{role="agent",state="stopping"}': 0,
    'eggcup_children{role="agent",state="down"}': 0,
    'eggcup_children{role="app",state="gate"}': 0,
    'eggcup_children{role="app",state="starting"}': 0,
    'eggcup_children{role="app",state="ready"}': 2,
    'eggcup_children{role="app",state="stopping"}': 0,
    'eggcup_children{role="app",state="down"}': 0,
    'eggcup_child_restarts_total{slot="agent"}': 0,
    'eggcup_child_restarts_total{slot="app-0"}': 0,
    'eggcup_child_restarts_total{slot="app-1"}': 3,
    'eggcup_messages_dropped_total{slot="agent"}': 0,
    'eggcup_messages_dropped_total{slot="app-0"}': 0,
    'eggcup_messages_dropped_total{slot="app-1"}': 0,
    'eggcup_child_state_timestamp_seconds{slot="agent"}': Date.UTC(2026, 0, 2, 3, 4, 5, 500) / 1000,
    'eggcup_child_state_timestamp_seconds{slot="app-0"}': Date.UTC(2026, 0, 2, 3, 4, 5, 500) / 1000,
    'eggcup_child_state_timestamp_seconds{slot="app-1"}': Date.UTC(2026, 0, 2, 3, 4, 5, 500) / 1000,
    'eggcup_child_resident_memory_bytes{slot="agent"}': 50_000_000,
    'eggcup_child_resident_memory_bytes{slot="app-0"}': 50_000_000,
    'eggcup_child_resident_memory_bytes{slot="app-1"}': 50_000_000,
  });
});

test('who was told to end does not wait any more', () => {
  const waits = { pid: 14, state: 'waiting', rssBytes: 1, since: '2026-01-02T03:04:05.500Z' } as const;
  const standbys = [waits, { ...waits, state: 'stopping' } as const, waits];
  const text = renderMetrics(snapshot({ standbys }));
  assert.match(text, /^eggcup_standbys 2$/m);
  assert.match(text, /^eggcup_standby_resident_memory_bytes 3$/m);
});

test('what the container does not tell is left out, not told as zero', () => {
  const text = renderMetrics(
    snapshot({
      container: { cgroup: null, cpuQuota: null, cpuset: null, memoryLimitBytes: null },
      plan: { workers: 2, heapMiB: null, reasons: [] },
      children: [child({ slot: 'app-0', rssBytes: null })],
      standbys: [{ pid: 14, state: 'waiting', rssBytes: null, since: '2026-01-02T03:04:05.500Z' }],
    }),
  );
  parseMetrics(text);
  assert.doesNotMatch(text, /container|heap|resident|null|NaN/);
});

test('a slot with two processes is told once: the successor by its state, the memory of both', () => {
  const metrics = parseMetrics(
    renderMetrics(
      snapshot({
        children: [
          child({ slot: 'app-0', state: 'starting', restarts: 1, rssBytes: 10 }),
          child({ slot: 'app-1', pid: null, state: 'down', restarts: 2, rssBytes: null }),
          child({ slot: 'app-0', state: 'stopping', restarts: 1, rssBytes: 5 }),
        ],
      }),
    ),
  );
  assert.equal(metrics.get('eggcup_child_resident_memory_bytes{slot="app-0"}'), 15);
  assert.equal(metrics.has('eggcup_child_resident_memory_bytes{slot="app-1"}'), false);
  assert.equal(metrics.get('eggcup_child_restarts_total{slot="app-0"}'), 1);
  assert.deepEqual(
    ['starting', 'stopping', 'down', 'ready'].map((state) =>
      metrics.get(`eggcup_children{role="app",state="${state}"}`),
    ),
    [1, 1, 1, 0],
  );
});

test('before anything is forked there are metrics already', () => {
  const metrics = parseMetrics(
    renderMetrics(snapshot({ phase: 'starting', started: false, ready: false, children: [] })),
  );
  assert.deepEqual([metrics.get('eggcup_live'), metrics.get('eggcup_ready')], [1, 0]);
});

test('the parser of these tests refuses what is not the format', () => {
  const head = '# HELP a_b Text.\n# TYPE a_b gauge\n';
  assert.equal(parseMetrics(`${head}a_b 1\n`).get('a_b'), 1);
  for (const text of [
    `${head}a_b 1`,
    `${head}a_b NaNa\n`,
    `${head}a_c 1\n`,
    `${head}a_b 1\na_b 2\n`,
    `${head}a_b{x=1} 1\n`,
    `${head}a_b 1\n${head}`,
    'a_b 1\n',
    '# HELP a_b Text.\na_b 1\n',
    '# HELP a_b Text.\n# TYPE a_b counter\na_b 1\n',
    `${head}\n`,
  ])
    assert.throws(() => parseMetrics(text), assert.AssertionError, text);
});
