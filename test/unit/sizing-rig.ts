/** A machine and its limits for tests of the plan. */
import type { ContainerFacts } from '#eggcup/container/facts.js';
import { planSize, type Plan } from '#eggcup/sizing/plan.js';
import { type SizingConfig } from '#eggcup/sizing/config.js';

export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
export const QUOTA = '/sys/fs/cgroup/cpu.max';
export const MEMORY = '/sys/fs/cgroup/memory.max';
export const CPUSET = '/proc/self/status';
export const ABSENT = { kind: 'absent' } as const;

interface Limits {
  readonly quota?: number | undefined;
  readonly cpuset?: number | undefined;
  readonly memory?: number | undefined;
}

export const MACHINE: ContainerFacts = {
  cgroup: 2,
  cpuQuota: ABSENT,
  cpuset: { kind: 'present', value: 8, source: CPUSET },
  memoryLimitBytes: ABSENT,
  machineMemoryBytes: { kind: 'present', value: 16 * GIB, source: '/proc/meminfo' },
  availableParallelism: 8,
};

export function factsWith({ quota, cpuset, memory }: Limits, facts = MACHINE): ContainerFacts {
  return {
    ...facts,
    ...(quota !== undefined && { cpuQuota: { kind: 'present', value: quota, source: QUOTA } }),
    ...(cpuset !== undefined && { cpuset: { kind: 'present', value: cpuset, source: CPUSET } }),
    ...(memory !== undefined && { memoryLimitBytes: { kind: 'present', value: memory, source: MEMORY } }),
  };
}

export const DEFAULTS: SizingConfig = {
  count: 'auto',
  min: 1,
  max: 64,
  rounding: 'floor',
  memoryPerWorker: 160 * MIB,
  standby: 0,
  heap: 'auto',
  minReady: { kind: 'count', value: 1 },
};

export function plan(facts: ContainerFacts, config: Partial<SizingConfig> = {}): Plan {
  return planSize(facts, { ...DEFAULTS, ...config });
}
