import type { Policy, Slot } from '#eggcup/supervisor/model.js';
import type { SimulatedProcess } from './simulated-process.js';

/**
 * What cfork 2 does at a worker's `disconnect` and `exit`, read from its source. It hears of both right
 * after our own listener, and forks at once.
 */
export class SimulatedCfork {
  readonly #policy: Policy;
  readonly #now: () => number;
  readonly #fork: (slot: Slot) => void;
  readonly #refused: () => void;
  readonly #expected = new Set<SimulatedProcess>();
  #reforkTimes: number[] = [];

  constructor(policy: Policy, now: () => number, fork: (slot: Slot) => void, refused: () => void) {
    this.#policy = policy;
    this.#now = now;
    this.#fork = fork;
    this.#refused = refused;
  }

  disconnected(worker: SimulatedProcess): void {
    if (!worker.alive || !worker.reforkAllowed) return;
    this.#expected.add(worker);
    this.#refork(worker.slot);
  }

  exited(worker: SimulatedProcess): void {
    if (this.#expected.delete(worker) || !worker.reforkAllowed) return;
    this.#refork(worker.slot);
  }

  /** A fork that failed is told to cfork as an exit, see `AppWorkers.refork`. */
  retry(slot: Slot): void {
    this.#refork(slot);
  }

  #refork(slot: Slot): void {
    const { restartLimit, restartWindowMs } = this.#policy;
    const newest = this.#now();
    this.#reforkTimes = [...this.#reforkTimes, newest].slice(-restartLimit);
    const oldest = this.#reforkTimes[0] ?? newest;
    if (this.#reforkTimes.length < restartLimit || newest - oldest > restartWindowMs) this.#fork(slot);
    else this.#refused();
  }
}
