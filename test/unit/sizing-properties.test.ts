import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ContainerFacts } from '#eggcup/container/facts.js';
import { planSize } from '#eggcup/sizing/plan.js';
import { type SizingConfig } from '#eggcup/sizing/config.js';
import { ABSENT, GIB, MIB, factsWith } from './sizing-rig.js';

test('auto stays within min and max, whatever the facts', () => {
  fc.assert(
    fc.property(anyFacts, anyConfig, (facts, config) => {
      const { workers, heapMiB } = planSize(facts, config);
      assert(Number.isInteger(workers) && workers >= config.min && workers <= config.max, `${workers} workers`);
      assert(heapMiB === null || (Number.isInteger(heapMiB) && heapMiB > 0), `heap ${heapMiB}`);
    }),
  );
});

test('more quota or more memory never means fewer workers', () => {
  fc.assert(
    fc.property(
      anyFacts,
      anyConfig,
      quotas,
      memories,
      quotas,
      memories,
      (facts, config, quota, memory, more, moreMemory) => {
        const before = factsWith({ quota, memory }, facts);
        const after = factsWith({ quota: quota + more, memory: memory + moreMemory }, facts);
        assert(planSize(after, config).workers >= planSize(before, config).workers);
      },
    ),
  );
});

test('all heaps together stay below the memory limit, or a warning says that they do not', () => {
  fc.assert(
    fc.property(anyFacts, anyConfig, memories, (facts, config, memory) => {
      const { workers, heapMiB, warnings } = planSize(factsWith({ memory }, facts), { ...config, heap: 'auto' });
      if (heapMiB === null || warnings.length > 0) return;
      assert(heapMiB * MIB * workers <= memory, `${workers} × ${heapMiB} MiB in ${memory}`);
    }),
  );
});

const quotas = fc.double({ min: 0.01, max: 300, noNaN: true });
const memories = fc.integer({ min: 0, max: 16 * GIB });

function readingOf(values: fc.Arbitrary<number>): fc.Arbitrary<ContainerFacts['cpuQuota']> {
  return fc.oneof(
    fc.constant(ABSENT),
    fc.constant({ kind: 'unreadable', source: '/x', reason: 'EIO' } as const),
    values.map((value) => ({ kind: 'present', value, source: '/x' }) as const),
  );
}

const anyFacts: fc.Arbitrary<ContainerFacts> = fc.record({
  cgroup: fc.constantFrom(1, 2, null),
  cpuQuota: readingOf(quotas),
  cpuset: readingOf(fc.integer({ min: 1, max: 512 })),
  memoryLimitBytes: readingOf(memories),
  machineMemoryBytes: fc.constant({ kind: 'present', value: 64 * GIB, source: '/proc/meminfo' } as const),
  availableParallelism: fc.integer({ min: 1, max: 512 }),
});

const anyConfig: fc.Arbitrary<SizingConfig> = fc
  .record({
    min: fc.integer({ min: 1, max: 64 }),
    span: fc.integer({ min: 0, max: 100 }),
    rounding: fc.constantFrom('floor', 'round', 'ceil'),
    memoryPerWorker: fc.integer({ min: 1, max: 4 * GIB }),
    standby: fc.integer({ min: 0, max: 3 }),
    heap: fc.oneof(fc.constantFrom('auto', 'off'), fc.integer({ min: 1, max: 4 * GIB })),
  })
  .map(({ min, span, rounding, memoryPerWorker, standby, heap }) => ({
    count: 'auto',
    min,
    max: min + span,
    rounding,
    memoryPerWorker,
    standby,
    heap,
    minReady: { kind: 'count', value: 1 },
  }));
