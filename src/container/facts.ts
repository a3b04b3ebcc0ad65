import os from 'node:os';
import { join } from 'node:path';
import {
  parseCfsPeriod,
  parseCfsQuota,
  parseCpuList,
  parseCpuMax,
  parseHierarchicalLimit,
  parseMemoryLimit,
} from './cgroup-files.js';
import { findLevels, readCgroups, type Levels } from './cgroup-levels.js';
import { parseCpusAllowed, parseMemTotal } from './proc-files.js';
import { read, tightest, type Reading } from './reading.js';

/** What this container may use, as far as the kernel tells. */
export interface ContainerFacts {
  /** The version whose `cpu` controller limits here, else whose `memory` does; `null` without any. */
  readonly cgroup: 1 | 2 | null;
  /** CPUs, such as 1.5: the tightest quota on the path. */
  readonly cpuQuota: Reading<number>;
  /** How many CPUs this process may run on. */
  readonly cpuset: Reading<number>;
  /** The tightest limit on the path. */
  readonly memoryLimitBytes: Reading<number>;
  /** `MemTotal`: a limit above it is no limit. */
  readonly machineMemoryBytes: Reading<number>;
  readonly availableParallelism: number;
}

export interface FactsOptions {
  /** Where `/proc` and `/sys` are looked for. */
  readonly root?: string;
  readonly availableParallelism?: number;
  readonly platform?: NodeJS.Platform;
}

/** Reads the limits of this process. What cannot be read is a result, never an exception. */
export function readContainerFacts(options: FactsOptions = {}): ContainerFacts {
  const { root = '/', availableParallelism = os.availableParallelism(), platform = process.platform } = options;
  if (platform !== 'linux') return { ...NO_FACTS, availableParallelism };

  const cgroups = readCgroups(root);
  const cpu = findLevels(root, cgroups, 'cpu');
  const memory = findLevels(root, cgroups, 'memory');
  return {
    cgroup: versionOf(cpu) ?? versionOf(memory),
    cpuQuota: tightestLevel(cpu, (directory, version) => [readCpuQuota(root, directory, version)]),
    cpuset: readCpuset(root, () => findLevels(root, cgroups, 'cpuset')),
    memoryLimitBytes: tightestLevel(memory, (directory, version) =>
      MEMORY_FILES[version].map(([file, parse]) => read(root, join(directory, file), parse)),
    ),
    machineMemoryBytes: read(root, '/proc/meminfo', parseMemTotal),
    availableParallelism,
  };
}

/**
 * The same container, were its quota `cpus` and its limit `memoryBytes`: what else this machine has, and a tighter cpuset,
 * says nothing about another one.
 */
export function factsUnder(
  facts: ContainerFacts,
  { cpus, memoryBytes }: { readonly cpus: number | undefined; readonly memoryBytes: number | undefined },
): ContainerFacts {
  const absent = { kind: 'absent' } as const;
  return {
    ...facts,
    ...(cpus !== undefined && { cpuQuota: { kind: 'present', value: cpus, source: '--cpu' }, cpuset: absent }),
    ...(memoryBytes !== undefined && {
      memoryLimitBytes: { kind: 'present', value: memoryBytes, source: '--memory' },
      machineMemoryBytes: absent,
    }),
  };
}

const NO_FACTS = {
  cgroup: null,
  cpuQuota: { kind: 'absent' },
  cpuset: { kind: 'absent' },
  memoryLimitBytes: { kind: 'absent' },
  machineMemoryBytes: { kind: 'absent' },
} as const satisfies Omit<ContainerFacts, 'availableParallelism'>;

function versionOf(levels: Reading<Levels>): 1 | 2 | null {
  return levels.kind === 'present' ? levels.value.version : null;
}

function tightestLevel(
  levels: Reading<Levels>,
  readLevel: (directory: string, version: 1 | 2) => readonly Reading<number>[],
): Reading<number> {
  if (levels.kind !== 'present') return levels;
  const { version, directories } = levels.value;
  return tightest(directories.flatMap((directory) => readLevel(directory, version)));
}

/** A missing file is no quota at this level: v2 has none in the root cgroup and where the controller is not enabled. */
function readCpuQuota(root: string, directory: string, version: 1 | 2): Reading<number> {
  if (version === 2) return read(root, join(directory, 'cpu.max'), parseCpuMax);

  const quota = read(root, join(directory, 'cpu.cfs_quota_us'), parseCfsQuota);
  if (quota.kind !== 'present') return quota;
  const period = read(root, join(directory, 'cpu.cfs_period_us'), parseCfsPeriod);
  if (period.kind === 'unreadable') return period;
  if (period.kind === 'absent')
    return { kind: 'unreadable', source: quota.source, reason: 'cpu.cfs_period_us is missing beside it' };
  return { ...quota, value: quota.value / period.value };
}

/**
 * `memory.high` counts like `memory.max`: a process above it is not killed, but "throttled and put under heavy reclaim
 * pressure" (Documentation/admin-guide/cgroup-v2.rst), which no server survives in good order. Node's own
 * `process.constrainedMemory()` takes the smaller of the two as well. v1's `memory.soft_limit_in_bytes` does not
 * count: it matters only while the whole machine is short of memory.
 */
const MEMORY_FILES = {
  1: [
    ['memory.limit_in_bytes', parseMemoryLimit],
    ['memory.stat', parseHierarchicalLimit],
  ],
  2: [
    ['memory.max', parseMemoryLimit],
    ['memory.high', parseMemoryLimit],
  ],
} as const;

/**
 * The kernel's own answer is the affinity, which has the cpuset in it. The cpuset's files stand in where /proc lacks it. Without a
 * cpuset the affinity has each CPU that could be plugged in, so there are at most as many as are online: both are counted,
 * because lxcfs gives those of a container other numbers.
 */
function readCpuset(root: string, cpusetLevels: () => Reading<Levels>): Reading<number> {
  const allowed = read(root, '/proc/self/status', parseCpusAllowed);
  if (allowed.kind === 'present') {
    const online = read(root, '/sys/devices/system/cpu/online', parseCpuList);
    return online.kind === 'present' && online.value < allowed.value ? online : allowed;
  }
  if (allowed.kind === 'unreadable') return allowed;

  const levels = cpusetLevels();
  if (levels.kind !== 'present') return levels;
  const files = CPUSET_FILES[levels.value.version];
  const readings = levels.value.directories.flatMap((directory) =>
    files.map((file) => read(root, join(directory, file), parseCpuList)),
  );
  return readings.find((reading) => reading.kind !== 'absent') ?? { kind: 'absent' };
}

const CPUSET_FILES = {
  1: ['cpuset.effective_cpus', 'cpuset.cpus'],
  2: ['cpuset.cpus.effective', 'cpuset.cpus'],
} as const;
