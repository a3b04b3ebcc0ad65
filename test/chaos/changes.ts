import type { Change, ConfigFile } from './change.js';

interface Pending {
  readonly change: Change;
  left: number;
  nextAt: number;
}

/** Asks for planned changes when their time has come. */
export class Changes {
  #pending: readonly Pending[] = [];
  readonly #write: (file: ConfigFile) => void;
  readonly #signal: (signal: NodeJS.Signals) => void;

  constructor(write: (file: ConfigFile) => void, signal: (signal: NodeJS.Signals) => void) {
    this.#write = write;
    this.#signal = signal;
  }

  add(change: Change, now: number): void {
    this.#pending = [...this.#pending, { change, left: change.times, nextAt: now }];
  }

  /** `hasBooted`: the config has been read, and can be another one next time. */
  tick(now: number, hasBooted: boolean): void {
    for (const pending of this.#pending) {
      const { file, signal, everyMs } = pending.change;
      if (file !== undefined && !hasBooted) continue;
      while (pending.left > 0 && pending.nextAt <= now) {
        pending.left -= 1;
        pending.nextAt += everyMs;
        if (file !== undefined) this.#write(file);
        this.#signal(signal);
      }
    }
    this.#pending = this.#pending.filter(({ left }) => left > 0);
  }

  get areDue(): boolean {
    return this.#pending.length > 0;
  }

  endAll(): void {
    this.#pending = [];
  }
}
