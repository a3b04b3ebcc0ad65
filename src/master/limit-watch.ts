import type { Config } from '../config/schema.js';
import { type ContainerFacts, readContainerFacts } from '../container/facts.js';
import { type Plan, planSize } from '../sizing/plan.js';
import { sizingOf } from '../sizing/config.js';

export interface LimitWatchOptions {
  readonly config: () => Config;
  /** By what the cluster is sized now. */
  readonly plan: () => Plan;
  /** What each look finds. */
  readonly onFacts: (facts: ContainerFacts) => void;
  /** The size that follows from the limits has changed, and stayed so for an interval. */
  readonly onChange: (plan: Plan) => void;
}

const LONGEST_WAIT_MS = 1000;

/**
 * Looks at the container's limits every `health.interval` (Kubernetes resizes a running pod, docker update a container). A
 * change counts when the next look finds the same: CPU and memory are written one after the other.
 */
export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #waitedMs = 0;
  /** What the last look found, where it is not what the cluster is sized by. */
  #seen: string | undefined;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    // Not one timer for the whole interval, which may be hours: it can change meanwhile.
    const waitMs = Math.min(LONGEST_WAIT_MS, this.#intervalMs);
    this.#timer = setTimeout(() => {
      this.#waitedMs += waitMs;
      if (this.#waitedMs >= this.#intervalMs) {
        this.#waitedMs = 0;
        if (this.#options.config().workers.followQuota) this.#look();
      }
      this.#arm();
    }, waitMs).unref();
  }

  get #intervalMs(): number {
    return this.#options.config().health.interval;
  }

  #look(): void {
    const facts = readContainerFacts();
    // What can't be read for a moment is no change.
    const limits = [facts.cpuQuota, facts.cpuset, facts.memoryLimitBytes];
    if (limits.some((limit) => limit.kind === 'unreadable')) return;
    this.#options.onFacts(facts);
    const plan = planSize(facts, sizingOf(this.#options.config()));
    const found = sizeOf(plan);
    const isSettled = found === this.#seen;
    this.#seen = found === sizeOf(this.#options.plan()) ? undefined : found;
    if (!isSettled || this.#seen === undefined) return;
    this.#seen = undefined;
    this.#options.onChange(plan);
  }
}

function sizeOf({ workers, heapMiB }: Plan): string {
  return `${workers} ${heapMiB}`;
}
