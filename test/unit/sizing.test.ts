import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { heapIn } from '#eggcup/sizing/heap-option.js';
import { ABSENT, CPUSET, GIB, MEMORY, MIB, QUOTA, factsWith, plan } from './sizing-rig.js';

test('the CPU quota decides, rounded as configured', () => {
  const facts = factsWith({ quota: 2.5 });
  assert.deepEqual(
    (['floor', 'round', 'ceil'] as const).map((rounding) => plan(facts, { rounding }).workers),
    [2, 3, 3],
  );
  assert.equal(plan(factsWith({ quota: 2.25 }), { rounding: 'round' }).workers, 2);
  assert.deepEqual(plan(facts).reasons, [
    `2 workers: CPU quota 2.5 gives 2 (floor; ${QUOTA})`,
    'heap: V8 decides, there is no memory limit',
  ]);
});

test('workers.cpu stands in for a quota that is not there, and says so', () => {
  assert.deepEqual(plan(factsWith({}), { cpu: 2.5 }).reasons, [
    '2 workers: workers.cpu 2.5 gives 2 (floor; CPU quota absent)',
    'heap: V8 decides, there is no memory limit',
  ]);
  const unreadable = { kind: 'unreadable', source: QUOTA, reason: 'EACCES' } as const;
  assert.equal(
    plan({ ...factsWith({}), cpuQuota: unreadable }, { cpu: 3 }).reasons[0],
    '3 workers: workers.cpu 3 gives 3 (CPU quota unreadable)',
  );
  assert.equal(
    plan(factsWith({ cpuset: 2 }), { cpu: 6 }).reasons[0],
    `2 workers: cpuset of 2 CPUs gives 2 (${CPUSET}; below workers.cpu 6, CPU quota absent)`,
  );
  assert.equal(
    plan(factsWith({}), { cpu: 0.25 }).reasons[0],
    '1 worker: workers.min is 1, workers.cpu 0.25 gives 0 (floor; CPU quota absent)',
  );
  assert.equal(
    plan(factsWith({}), { cpu: 2, count: 3 }).reasons[1],
    'workers.count 3 is more than workers.cpu 2 (CPU quota absent)',
  );
});

test('a quota wins over workers.cpu', () => {
  const facts = factsWith({ quota: 2 });
  assert.deepEqual(plan(facts, { cpu: 4 }), plan(facts));
});

test('a cpuset smaller than the quota decides', () => {
  const sized = plan(factsWith({ quota: 6, cpuset: 2 }));
  assert.equal(sized.workers, 2);
  assert.equal(sized.reasons[0], `2 workers: cpuset of 2 CPUs gives 2 (${CPUSET}; below CPU quota 6, ${QUOTA})`);
});

test('os.availableParallelism() sizes only when neither quota nor cpuset is known', () => {
  assert.equal(plan(factsWith({ cpuset: 4 })).workers, 4);
  const linux = plan({ ...factsWith({}), cpuset: ABSENT });
  assert.equal(linux.reasons[0], '8 workers: os.availableParallelism() gives 8 (CPU quota absent, cpuset absent)');
  const mac = plan({ ...factsWith({}), cgroup: null, cpuset: ABSENT, machineMemoryBytes: ABSENT });
  assert.equal(mac.reasons[0], '8 workers: os.availableParallelism() gives 8 (no cgroup and no /proc here)');
  assert.deepEqual(mac.warnings, []);
});

test('a fraction of one CPU still has one worker', () => {
  const sized = plan(factsWith({ quota: 0.25, memory: 256 * MIB }));
  assert.deepEqual([sized.workers, sized.heapMiB, sized.warnings], [1, 120, []]);
  assert.equal(sized.reasons[0], `1 worker: workers.min is 1, CPU quota 0.25 gives 0 (floor; ${QUOTA})`);
});

test('memory bounds the count and sets the heap', () => {
  const sized = plan(factsWith({ quota: 4, memory: 512 * MIB }));
  const room = `limit 512 MiB less 192 MiB for master and agent; ${MEMORY}`;
  assert.deepEqual(sized, {
    workers: 2,
    heapMiB: 120,
    reasons: [
      `2 workers: memory allows 2 at 160 MiB each (${room})`,
      `CPU quota 4 gives 4 (${QUOTA})`,
      `heap 120 MiB per worker: 75 % of 160 MiB, its share of 320 MiB (${room})`,
    ],
    warnings: [],
  });
});

test('workers.min wins over memory, with a warning', () => {
  const sized = plan(factsWith({ quota: 4, memory: 256 * MIB }), { min: 2 });
  assert.equal(sized.workers, 2);
  assert.match(sized.warnings[0] ?? '', /^warning: workers\.min wins over memory: 2 workers, but memory allows 1 /);
  assert(sized.reasons.includes(sized.warnings[0] ?? ''), 'a warning is one of the reasons');
});

test('workers.max wins over everything that allows more', () => {
  const sized = plan(factsWith({ quota: 100, cpuset: 128 }), { max: 64 });
  assert.equal(sized.workers, 64);
  assert.equal(sized.reasons[0], `64 workers: workers.max is 64, CPU quota 100 gives 100 (${QUOTA})`);
});

test('where there are fewer workers than have to be ready, a warning says so', () => {
  const facts = factsWith({ quota: 2 });
  const [warning] = plan(facts, { minReady: { kind: 'count', value: 3 } }).warnings;
  assert.equal(
    warning,
    'warning: health.minReady is 3, but there are 2 workers, which are enough to be ready; lower it, or run more workers',
  );
  for (const minReady of [
    { kind: 'count', value: 2 },
    { kind: 'share', value: 1 },
  ] as const)
    assert.deepEqual(plan(facts, { minReady }).warnings, []);
});

test('a container too small for anything runs one worker with the least heap, with warnings', () => {
  const sized = plan(factsWith({ memory: 64 * MIB }));
  assert.deepEqual([sized.workers, sized.heapMiB], [1, 64]);
  assert.match(sized.warnings.join('\n'), /no room for 1 heap of 64 MiB in the 40 MiB for workers/);
});

test('a memory limit above what the machine has is no limit', () => {
  const sized = plan(factsWith({ quota: 2, memory: 32 * GIB }));
  assert.deepEqual([sized.workers, sized.heapMiB], [2, null]);
  const reason = `heap: V8 decides, the memory limit 32 GiB (${MEMORY}) is above the machine's 16 GiB`;
  assert.equal(sized.reasons.at(-1), reason);
});

test('a count that somebody chose is used as it is, and what it exceeds is named', () => {
  const fits = plan(factsWith({ quota: 4, memory: GIB }), { count: 3 });
  assert.deepEqual([fits.workers, fits.heapMiB, fits.warnings], [3, 208, []]);
  assert.equal(fits.reasons[0], '3 workers: workers.count is 3');

  const exceeds = plan(factsWith({ quota: 2, memory: GIB }), { count: 100, max: 64 });
  assert.deepEqual([exceeds.workers, exceeds.heapMiB], [100, 64]);
  assert.equal(exceeds.reasons[1], `workers.count 100 is more than CPU quota 2 (${QUOTA})`);
  assert.match(exceeds.warnings.join('\n'), /workers\.count 100 is more than memory holds: memory allows 5 /);

  assert.equal(plan(factsWith({ quota: 0.25 }), { count: 1 }).reasons.length, 2, 'one worker is never too many');
});

test('what app.nodeOptions sets the heap to wins, as on the command line, and is weighed like workers.heap', () => {
  const facts = factsWith({ quota: 2, memory: GIB });
  for (const heap of ['auto', 'off', 400 * MIB] as const) {
    const chosen = plan(facts, { heap, nodeHeapMiB: 500 });
    assert.equal(chosen.heapMiB, 500);
    assert.ok(chosen.reasons.includes('heap 500 MiB per worker: app.nodeOptions'));
    assert.match(chosen.warnings[0] ?? '', /no room for 2 heaps of 500 MiB/);
  }
  assert.equal(heapIn(['--max-old-space-size=300', '--max_old_space_size=200', '--max-semi-space-size=8']), 200);
  assert.equal(heapIn(['--max-old-space-size', '--max-old-space-size=0']), undefined);
});

test('heap: off, fixed, and fixed beyond memory', () => {
  const facts = factsWith({ quota: 2, memory: GIB });
  assert.equal(plan(facts, { heap: 'off' }).heapMiB, null);
  assert.deepEqual(plan(facts, { heap: 400 * MIB }).warnings, []);
  const beyond = plan(facts, { heap: 512 * MIB });
  assert.equal(beyond.heapMiB, 512);
  assert.match(beyond.warnings[0] ?? '', /^warning: no room for 2 heaps of 512 MiB in the 832 MiB for workers/);
});

test('what is unreadable is a warning, and the next best fact sizes', () => {
  const unreadable = { kind: 'unreadable', source: QUOTA, reason: 'found "garbage"' } as const;
  const sized = plan({ ...factsWith({ cpuset: 4 }), cpuQuota: unreadable, memoryLimitBytes: unreadable });
  assert.deepEqual(sized, {
    workers: 4,
    heapMiB: null,
    reasons: [
      `4 workers: cpuset of 4 CPUs gives 4 (${CPUSET}; CPU quota unreadable)`,
      'heap: V8 decides, the memory limit is unreadable',
      ...sized.warnings,
    ],
    warnings: [
      `warning: CPU quota unreadable: ${QUOTA}: found "garbage"`,
      `warning: memory limit unreadable: ${QUOTA}: found "garbage"`,
    ],
  });
});

test('a limit with a caveat is used and warned about', () => {
  const quota = { kind: 'present', value: 2, source: QUOTA, caveat: '/a/cpu.max: EISDIR' } as const;
  const sized = plan({ ...factsWith({}), cpuQuota: quota });
  assert.equal(sized.workers, 2);
  assert.deepEqual(sized.warnings, [
    `warning: CPU quota may be tighter than ${QUOTA} says, unreadable: /a/cpu.max: EISDIR`,
  ]);
});

test('the worked examples of docs/sizing.md are what the code computes', () => {
  const page = readFileSync(new URL('../../../docs/sizing.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(EXAMPLE)];
  assert(rows.length >= 8, `${rows.length} examples found`);
  for (const [row, quota, cpus, memory, workers, heap] of rows) {
    const facts = factsWith({ quota: numberOf(quota), cpuset: Number(cpus), memory: sizeOf(memory) });
    const sized = plan(facts);
    assert.deepEqual(
      [`${sized.workers}`, sized.heapMiB === null ? 'V8 decides' : `${sized.heapMiB} MiB`],
      [workers, heap],
      row,
    );
  }
});

/** | quota | CPUs | memory limit | workers | heap | */
const EXAMPLE = /^\| ([\d.]+|none) \| (\d+) \| (\d+ [MG]iB|none) \| (\d+) \| (\d+ MiB|V8 decides) \|/gm;

function numberOf(text: string | undefined): number | undefined {
  return text === 'none' ? undefined : Number(text);
}

function sizeOf(text: string | undefined): number | undefined {
  const [count, unit] = text?.split(' ') ?? [];
  return unit === undefined ? undefined : Number(count) * (unit === 'GiB' ? GIB : MIB);
}

test('memory for those on standby is not the workers’, and they are named', () => {
  const facts = factsWith({ quota: 8, memory: GIB });
  assert.deepEqual(plan(facts, { standby: 2 }).reasons, [
    `4 workers: memory allows 4 at 160 MiB each (limit 1 GiB less 320 MiB for master, agent and 2 on standby; ${MEMORY})`,
    `CPU quota 8 gives 8 (${QUOTA})`,
    '2 on standby: workers.standby is 2',
    `heap 132 MiB per worker: 75 % of 176 MiB, its share of 704 MiB (limit 1 GiB less 320 MiB for master, agent and 2 on standby; ${MEMORY})`,
  ]);
  const none = plan(factsWith({ quota: 2, memory: 128 * MIB }), { standby: 3 });
  assert.equal(none.workers, 1);
  assert.match(none.warnings.join(), /workers\.min wins over memory: 1 worker, but memory allows 0 at 160 MiB/);
});
