import type { ContainerFacts } from '../container/facts.js';
import type { Reading } from '../container/reading.js';
import { type Bound, type Memory, memoryBound } from './memory.js';
import type { SizingConfig } from './config.js';
import { decimal, plural } from './text.js';

export interface Count {
  readonly workers: number;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

export function autoCount(facts: ContainerFacts, memory: Memory, config: SizingConfig): Count {
  const cpu = cpuBound(facts, config);
  const room = memoryBound(memory, config.memoryPerWorker);
  const [decisive, ...others] = room === undefined ? [cpu] : room.count < cpu.count ? [room, cpu] : [cpu, room];

  const least = Math.max(1, config.min);
  const workers = Math.max(least, Math.min(config.max, decisive.count));
  const raised = workers > decisive.count ? `workers.min is ${least}, ` : '';
  const lowered = workers < decisive.count ? `workers.max is ${config.max}, ` : '';
  return {
    workers,
    reasons: [
      `${plural(workers, 'worker')}: ${raised}${lowered}${decisive.text}`,
      ...others.map((bound) => bound.text),
    ],
    warnings:
      room !== undefined && workers > room.count
        ? [`warning: workers.min wins over memory: ${plural(workers, 'worker')}, but ${room.text}`]
        : [],
  };
}

function cpuBound(facts: ContainerFacts, { cpu, rounding }: SizingConfig): Bound {
  const { cpus, subject, detail } = cpusOf(facts, cpu);
  const count = Math[rounding](cpus);
  const how = Number.isInteger(cpus) ? detail : `${rounding}; ${detail}`;
  return { count, text: `${subject} gives ${count} (${how})` };
}

interface Cpus {
  readonly cpus: number;
  readonly subject: string;
  readonly detail: string;
}

/** libuv's answer comes last: on Node 20 and on cgroup v1 it knows no quota. */
function cpusOf({ cpuQuota: quota, cpuset, ...facts }: ContainerFacts, configured: number | undefined): Cpus {
  const granted = grantOf(quota, configured);
  if (granted !== undefined && (cpuset.kind !== 'present' || granted.cpus <= cpuset.value)) return granted;

  const noQuota = granted === undefined ? `CPU quota ${quota.kind}` : `below ${granted.subject}, ${granted.detail}`;
  if (cpuset.kind === 'present') {
    const subject = `cpuset of ${plural(cpuset.value, 'CPU')}`;
    return { cpus: cpuset.value, subject, detail: `${cpuset.source}; ${noQuota}` };
  }
  const isOffLinux = facts.cgroup === null && [quota, cpuset, facts.machineMemoryBytes].every(isAbsent);
  return {
    cpus: facts.availableParallelism,
    subject: 'os.availableParallelism()',
    detail: isOffLinux ? 'no cgroup and no /proc here' : `${noQuota}, cpuset ${cpuset.kind}`,
  };
}

/** What is granted in a number of CPUs: the quota, or in its absence what `workers.cpu` says. */
function grantOf(quota: Reading<number>, configured: number | undefined): Cpus | undefined {
  if (quota.kind === 'present')
    return { cpus: quota.value, subject: `CPU quota ${decimal(quota.value)}`, detail: quota.source };
  if (configured === undefined) return undefined;
  return { cpus: configured, subject: `workers.cpu ${decimal(configured)}`, detail: `CPU quota ${quota.kind}` };
}

function isAbsent(reading: Reading<number>): boolean {
  return reading.kind === 'absent';
}

/** A number that somebody chose is used as it is; where it exceeds the container, the plan says so. */
export function fixedCount(facts: ContainerFacts, memory: Memory, config: SizingConfig, workers: number): Count {
  const { cpus, subject, detail } = cpusOf(facts, config.cpu);
  const room = memoryBound(memory, config.memoryPerWorker);
  return {
    workers,
    reasons: [
      `${plural(workers, 'worker')}: workers.count is ${workers}`,
      // Less than one CPU still needs one worker.
      ...(workers > Math.max(1, cpus) ? [`workers.count ${workers} is more than ${subject} (${detail})`] : []),
    ],
    warnings:
      room !== undefined && workers > room.count
        ? [`warning: workers.count ${workers} is more than memory holds: ${room.text}`]
        : [],
  };
}
