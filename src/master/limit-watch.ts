import type { Config } from '../config/schema.js';
import { type ContainerFacts, readContainerFacts } from '../container/facts.js';
import { type Plan, planSize } from '../sizing.js';

export interface LimitWatchOptions {
  readonly config: () => Config;
  /** By what the cluster is sized now. */
  readonly plan: () => Plan;
  /** Limits have changed, and stayed so for an interval. */
  readonly onChange: (plan: Plan, facts: ContainerFacts) => void;
}

/**
 * Looks at the container's limits every `health.interval` (Kubernetes resizes a running pod, docker update a container). A
 * change counts when the next look finds the same: CPU and memory are written one after the other.
 */
export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #timer: NodeJS.Timeout | undefined;
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
    this.#timer = setTimeout(() => {
      if (this.#options.config().workers.followQuota) this.#look();
      this.#arm();
    }, this.#options.config().health.interval).unref();
  }

  #look(): void {
    const facts = readContainerFacts();
    // What can't be read for a moment is no change.
    const limits = [facts.cpuQuota, facts.cpuset, facts.memoryLimitBytes];
    if (limits.some((limit) => limit.kind === 'unreadable')) return;
    const plan = planSize(facts, this.#options.config().workers);
    const found = sizeOf(plan);
    const isSettled = found === this.#seen;
    this.#seen = found === sizeOf(this.#options.plan()) ? undefined : found;
    if (!isSettled || this.#seen === undefined) return;
    this.#seen = undefined;
    this.#options.onChange(plan, facts);
  }
}

function sizeOf({ workers, heapMiB }: Plan): string {
  return `${workers} ${heapMiB}`;
}
