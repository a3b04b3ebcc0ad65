import type { Config } from './config/schema.js';
import type { ContainerFacts } from './container/facts.js';
import type { Reading } from './container/reading.js';

/** How many app workers to run with which heap, and why. */
export interface Plan {
  readonly workers: number;
  /** For `--max-old-space-size`; `null` leaves it to V8. */
  readonly heapMiB: number | null;
  /** Sentences for the boot log and status.json: the number of workers, what else bounds it, the heap, the warnings. */
  readonly reasons: readonly string[];
  /** Those of the reasons that someone should look at. */
  readonly warnings: readonly string[];
}

export interface SizingConfig {
  readonly count: 'auto' | number;
  readonly min: number;
  readonly max: number;
  readonly rounding: 'floor' | 'round' | 'ceil';
  /** CPUs to size by where the cgroup sets no quota, such as the request that Kubernetes schedules by. */
  readonly cpu?: number;
  readonly memoryPerWorker: number;
  readonly heap: 'auto' | 'off' | number;
  /** What `app.nodeOptions` sets the heap to, in MiB; it wins, as it does on the command line. */
  readonly nodeHeapMiB?: number | undefined;
  /** `health.minReady`, of which no more is asked than there are workers. */
  readonly minReady: MinReady;
}

type MinReady = Config['health']['minReady'];

/** What a config says of the size. */
export function sizingOf({ workers, app, health }: Config): SizingConfig {
  return { ...workers, nodeHeapMiB: heapIn(app.nodeOptions), minReady: health.minReady };
}

/** The last one counts (V8), in MiB; `undefined` where none of them sets it. */
export function heapIn(nodeOptions: readonly string[]): number | undefined {
  const values = nodeOptions.map((option) => /^--max[-_]old[-_]space[-_]size=([1-9]\d*)$/.exec(option)?.[1]);
  const last = values.findLast((value) => value !== undefined);
  return last === undefined ? undefined : Number(last);
}

const MIB = 2 ** 20;

/**
 * Memory that is not the workers': 64 MiB for the master and 128 MiB for the agent. In a container below 512 MiB they
 * get 3/8 instead, since a small container holds a small application, whose agent is small as well: 96 MiB of 256 MiB
 * hold a master and an agent that load little, and leave just one worker of the default 160 MiB.
 */
const MASTER_AND_AGENT_BYTES = (64 + 128) * MIB;
const MASTER_AND_AGENT_SHARE = 3 / 8;

/** V8's old space is this part of a worker's share; its young generation, code, Buffers and stacks are the rest. */
const HEAP_SHARE = 0.75;

/** With less a usual framework does not even load, and the worker would fail at each start. */
const LEAST_HEAP_MIB = 64;

/** Decides the number of app workers and the heap of each. */
export function planSize(facts: ContainerFacts, config: SizingConfig): Plan {
  const memory = memoryOf(facts);
  const count =
    config.count === 'auto' ? autoCount(facts, memory, config) : fixedCount(facts, memory, config, config.count);
  const heap = planHeap(config, count.workers, memory);
  const warnings = [
    ...unreadableLimits(facts),
    ...count.warnings,
    ...heap.warnings,
    ...unreachedBy(count.workers, config.minReady),
  ];
  return {
    workers: count.workers,
    heapMiB: heap.heapMiB,
    reasons: [...count.reasons, ...heap.reasons, ...warnings],
    warnings,
  };
}

/** What is wrong with more workers of this heap, each, than the plan was made for. */
export function overcommitOf(facts: ContainerFacts, workers: number, heapMiB: number | null): readonly string[] {
  return heapMiB === null ? [] : overcommit(heapMiB, workers, memoryOf(facts));
}

/** What is wrong with fewer workers than have to be ready. */
export function unreachedBy(workers: number, { kind, value }: MinReady): readonly string[] {
  if (kind === 'share' || value <= workers) return [];
  const are = workers === 1 ? 'there is 1 worker, which is' : `there are ${workers} workers, which are`;
  return [`warning: health.minReady is ${value}, but ${are} enough to be ready; lower it, or run more workers`];
}

/** What the memory limit leaves for app workers, or why nothing is known to limit them. */
type Memory =
  | { readonly kind: 'limited'; readonly forWorkersBytes: number; readonly text: string }
  | { readonly kind: 'unlimited'; readonly text: string };

function memoryOf({ memoryLimitBytes: limit, machineMemoryBytes: machine }: ContainerFacts): Memory {
  if (limit.kind === 'absent') return { kind: 'unlimited', text: 'there is no memory limit' };
  if (limit.kind === 'unreadable') return { kind: 'unlimited', text: 'the memory limit is unreadable' };
  if (machine.kind === 'present' && limit.value > machine.value) {
    const text = `the memory limit ${bytes(limit.value)} (${limit.source}) is above the machine's ${bytes(machine.value)}`;
    return { kind: 'unlimited', text };
  }
  const reserved = Math.min(MASTER_AND_AGENT_BYTES, Math.ceil(limit.value * MASTER_AND_AGENT_SHARE));
  return {
    kind: 'limited',
    forWorkersBytes: limit.value - reserved,
    text: `limit ${bytes(limit.value)} less ${bytes(reserved)} for master and agent; ${limit.source}`,
  };
}

interface Count {
  readonly workers: number;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

function autoCount(facts: ContainerFacts, memory: Memory, config: SizingConfig): Count {
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

/** What bounds the number of workers, and to how many. */
interface Bound {
  readonly count: number;
  readonly text: string;
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

function memoryBound(memory: Memory, memoryPerWorker: number): Bound | undefined {
  if (memory.kind === 'unlimited') return undefined;
  const count = Math.floor(memory.forWorkersBytes / memoryPerWorker);
  return { count, text: `memory allows ${count} at ${bytes(memoryPerWorker)} each (${memory.text})` };
}

/** A number that somebody chose is used as it is; where it exceeds the container, the plan says so. */
function fixedCount(facts: ContainerFacts, memory: Memory, config: SizingConfig, workers: number): Count {
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

interface Heap {
  readonly heapMiB: number | null;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

function planHeap({ heap, nodeHeapMiB }: SizingConfig, workers: number, memory: Memory): Heap {
  if (nodeHeapMiB !== undefined) return chosenHeap(nodeHeapMiB, 'app.nodeOptions', workers, memory);
  if (heap === 'off') return { heapMiB: null, reasons: ['heap: V8 decides, workers.heap is off'], warnings: [] };
  if (heap !== 'auto') return chosenHeap(Math.max(1, Math.floor(heap / MIB)), 'workers.heap', workers, memory);
  if (memory.kind === 'unlimited')
    return { heapMiB: null, reasons: [`heap: V8 decides, ${memory.text}`], warnings: [] };

  const share = memory.forWorkersBytes / workers;
  const wanted = Math.floor((share * HEAP_SHARE) / MIB);
  const heapMiB = Math.max(LEAST_HEAP_MIB, wanted);
  const least = wanted < LEAST_HEAP_MIB ? `the least that is sensible, above ` : '';
  const ofShare = `${least}${HEAP_SHARE * 100} % of ${bytes(share)}, its share of ${bytes(memory.forWorkersBytes)}`;
  return {
    heapMiB,
    reasons: [`heap ${heapMiB} MiB per worker: ${ofShare} (${memory.text})`],
    warnings: overcommit(heapMiB, workers, memory),
  };
}

function chosenHeap(heapMiB: number, key: string, workers: number, memory: Memory): Heap {
  return {
    heapMiB,
    reasons: [`heap ${heapMiB} MiB per worker: ${key}`],
    warnings: overcommit(heapMiB, workers, memory),
  };
}

function overcommit(heapMiB: number, workers: number, memory: Memory): readonly string[] {
  if (memory.kind === 'unlimited' || heapMiB * MIB * workers <= memory.forWorkersBytes) return [];
  const heaps = `${plural(workers, 'heap')} of ${heapMiB} MiB`;
  return [`warning: no room for ${heaps} in the ${bytes(memory.forWorkersBytes)} for workers (${memory.text})`];
}

function unreadableLimits(facts: ContainerFacts): readonly string[] {
  const limits = { 'CPU quota': facts.cpuQuota, cpuset: facts.cpuset, 'memory limit': facts.memoryLimitBytes };
  return Object.entries(limits).flatMap(([name, limit]) => {
    if (limit.kind === 'unreadable') return [`warning: ${name} unreadable: ${limit.source}: ${limit.reason}`];
    if (limit.kind === 'absent' || limit.caveat === undefined) return [];
    return [`warning: ${name} may be tighter than ${limit.source} says, unreadable: ${limit.caveat}`];
  });
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function bytes(count: number): string {
  return count < 1024 * MIB ? `${decimal(count / MIB)} MiB` : `${decimal(count / MIB / 1024)} GiB`;
}

function decimal(value: number): string {
  return String(Number(value.toFixed(2)));
}
