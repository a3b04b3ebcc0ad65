import type { Snapshot } from '../health/snapshot.js';
import { isDead, readProcessTable } from '../process/proc.js';
import type { RssSamples } from '../process/rss-samples.js';
import type { Policy, Slot, State } from '../supervisor/model.js';
import { type StatusFrame, statusOf } from './status.js';
import { monotonicMs } from '../monotonic.js';

export interface StatusViewOptions {
  readonly policy: () => Policy;
  readonly frame: () => StatusFrame;
  readonly address: () => string | null;
  readonly messagesDropped: (slot: Slot) => number;
  readonly rss: RssSamples;
}

/** For so long a snapshot of the same state is good enough: it reads a file for each process. */
const FRESH_MS = 1000;

/** The snapshots that the health files and the health endpoints both show: one truth for the two. */
export class StatusView {
  readonly #options: StatusViewOptions;
  #zombies = 0;
  #countedAt = 0;
  #last: { readonly state: State; readonly at: number; readonly snapshot: Snapshot } | undefined;

  constructor(options: StatusViewOptions) {
    this.#options = options;
  }

  /** As it is now. */
  take(state: State): Snapshot {
    const { address, messagesDropped, rss } = this.#options;
    const policy = this.#options.policy();
    const at = monotonicMs();
    if (at - this.#countedAt >= policy.checkIntervalMs) this.#countZombies(at);
    const now = { at, address: address(), zombies: this.#zombies, messagesDropped };
    const snapshot = statusOf(state, policy, now, this.#options.frame(), rss);
    this.#last = { state, at, snapshot };
    return snapshot;
  }

  /** The same for who asks as often as it likes: the last one, while nothing but memory can have changed. */
  recent(state: State): Snapshot {
    const last = this.#last;
    const isFresh = last?.state === state && monotonicMs() - last.at < FRESH_MS;
    return isFresh ? last.snapshot : this.take(state);
  }

  /** So that the last words of a process that ends for memory are of its last second. */
  sampleMemory(state: State): void {
    for (const { pid } of state.children) this.#options.rss.take(pid);
  }

  /** A look at every process: once in an interval is enough. */
  #countZombies(at: number): void {
    this.#countedAt = at;
    this.#zombies = [...readProcessTable().values()].filter(
      (entry) => entry.ppid === process.pid && isDead(entry),
    ).length;
  }
}
