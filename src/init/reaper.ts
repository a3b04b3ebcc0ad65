import type { Native } from '../native/addon.js';
import { childrenOfThisThread } from '../process/proc.js';
import { monotonicMs } from '../monotonic.js';

export interface ReaperOptions {
  readonly native: Native;
  /**
   * How long a zombie may wait for somebody else: a native module that forks and waits by itself. 0 where nothing but
   * eggcup runs in the process.
   */
  readonly graceMs: number;
  readonly onReaped: (pid: number, waitStatus: number) => void;
}

/**
 * Reaps children that nobody in this process waits for: orphans that PID 1 or a subreaper has adopted. Never one of
 * libuv's, whose exit event would be lost. Nothing wakes the process while there is nothing to reap.
 */
export class Reaper {
  readonly #options: ReaperOptions;
  /** Zombies that are in their grace, with the time at which each was first seen. */
  #waiting = new Map<number, number>();
  #sweepDue: NodeJS.Immediate | undefined;
  #graceOver: NodeJS.Timeout | undefined;
  readonly #onChildSignal = (): void => {
    // After libuv has looked for its own; and once for all that ended in this turn of the loop.
    if (this.#graceOver === undefined) this.#sweepDue ??= setImmediate(() => this.sweep());
  };

  constructor(options: ReaperOptions) {
    this.#options = options;
    process.on('SIGCHLD', this.#onChildSignal);
  }

  stop(): void {
    process.off('SIGCHLD', this.#onChildSignal);
    clearImmediate(this.#sweepDue);
    clearTimeout(this.#graceOver);
  }

  /** Reaps what can be reaped at this instant. */
  sweep(): void {
    this.#sweepDue = undefined;
    this.#graceOver = undefined;
    const { graceMs } = this.#options;
    const now = monotonicMs();
    const waiting = new Map<number, number>();
    for (const pid of this.#unknownZombies((pid) => this.#isOver(pid, now))) {
      if (this.#isOver(pid, now)) this.#reap(pid);
      else waiting.set(pid, this.#waiting.get(pid) ?? now);
    }
    this.#waiting = waiting;
    if (waiting.size === 0) return;
    const oldest = Math.min(...waiting.values());
    this.#graceOver = setTimeout(() => this.sweep(), Math.max(1, Math.ceil(oldest + graceMs - now)));
  }

  #isOver(pid: number, now: number): boolean {
    return now - (this.#waiting.get(pid) ?? now) >= this.#options.graceMs;
  }

  #reap(pid: number): void {
    const status = this.#options.native.reap(pid);
    if (status >= 0) this.#options.onReaped(pid, status);
  }

  /** Zombies that libuv does not know. The kernel shows one at a time: behind one that stays, each child is asked. */
  *#unknownZombies(mayBeReaped: (pid: number) => boolean): Generator<number> {
    const { native } = this.#options;
    if (native.peek(0) === 0) return;
    const known = new Set(native.ownChildren());
    for (;;) {
      const first = native.peek(0);
      if (first === 0) return;
      if (known.has(first)) break;
      const isLast = !mayBeReaped(first);
      known.add(first);
      yield first;
      if (isLast) break;
    }
    for (const pid of childrenOfThisThread() ?? []) {
      if (!known.has(pid) && native.peek(pid) === pid) yield pid;
    }
  }
}
