import type { ContainerFacts } from '../container/facts.js';
import { autoCount, fixedCount } from './count.js';
import type { MinReady, SizingConfig } from './config.js';
import { overcommit, planHeap } from './heap.js';
import { memoryOf } from './memory.js';

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

/** Decides the number of app workers and the heap of each. */
export function planSize(facts: ContainerFacts, config: SizingConfig): Plan {
  const memory = memoryOf(facts, config.standby);
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
    reasons: [...count.reasons, ...standbyReasons(config), ...heap.reasons, ...warnings],
    warnings,
  };
}

/** What is wrong with more workers of this heap, each, than the plan was made for. */
export function overcommitOf(
  facts: ContainerFacts,
  { workers, standby }: { readonly workers: number; readonly standby: number },
  heapMiB: number | null,
): readonly string[] {
  return heapMiB === null ? [] : overcommit(heapMiB, workers, memoryOf(facts, standby));
}

function standbyReasons({ standby }: SizingConfig): readonly string[] {
  return standby === 0 ? [] : [`${standby} on standby: workers.standby is ${standby}`];
}

/** What is wrong with fewer workers than have to be ready. */
export function unreachedBy(workers: number, { kind, value }: MinReady): readonly string[] {
  if (kind === 'share' || value <= workers) return [];
  const are = workers === 1 ? 'there is 1 worker, which is' : `there are ${workers} workers, which are`;
  return [`warning: health.minReady is ${value}, but ${are} enough to be ready; lower it, or run more workers`];
}

function unreadableLimits(facts: ContainerFacts): readonly string[] {
  const limits = { 'CPU quota': facts.cpuQuota, cpuset: facts.cpuset, 'memory limit': facts.memoryLimitBytes };
  return Object.entries(limits).flatMap(([name, limit]) => {
    if (limit.kind === 'unreadable') return [`warning: ${name} unreadable: ${limit.source}: ${limit.reason}`];
    if (limit.kind === 'absent' || limit.caveat === undefined) return [];
    return [`warning: ${name} may be tighter than ${limit.source} says, unreadable: ${limit.caveat}`];
  });
}
