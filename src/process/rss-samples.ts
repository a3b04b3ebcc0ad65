import { readRssBytes } from './proc.js';

/** What each process was last seen to hold in memory: when it has ended the kernel no longer tells. */
export class RssSamples {
  readonly #last = new Map<number, number>();

  /** Bytes; `null` where the kernel doesn't tell. */
  take(pid: number): number | null {
    const bytes = readRssBytes(pid);
    if (bytes !== null) this.#last.set(pid, bytes);
    return bytes;
  }

  /** The last sample; `null` where there is none yet. */
  last(pid: number): number | null {
    return this.#last.get(pid) ?? null;
  }

  /** The last sample of a process that has ended, and forgets it. */
  takeLast(pid: number): number | undefined {
    const bytes = this.#last.get(pid);
    this.#last.delete(pid);
    return bytes;
  }
}
