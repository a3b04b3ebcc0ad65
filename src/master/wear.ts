import type { Config } from '../config/schema.js';
import type { RssSamples } from '../process/rss-samples.js';
import type { State } from '../supervisor/model.js';
import { appsOf } from '../supervisor/turn.js';
import { formatDuration } from '../config/units.js';
import type { Happening } from './loop.js';
import { monotonicMs } from '../monotonic.js';

type Recycle = Config['workers']['recycle'];

export interface WearOptions {
  readonly recycle: () => Recycle;
  readonly state: () => State;
  readonly rss: RssSamples;
  readonly dispatch: (happening: Happening) => void;
}

const LOOK_MS = 1000;

/** Looks every second for app workers that are older or bigger than `workers.recycle` allows. Requests they count themselves. */
export class Wear {
  readonly #options: WearOptions;
  readonly #timer: NodeJS.Timeout;
  /** By child: between -1 and 1. */
  readonly #spread = new Map<number, number>();

  constructor(options: WearOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const recycle = this.#options.recycle();
    if (recycle.maxAge === 0 && recycle.maxRss === 0) return;
    const apps = appsOf(this.#options.state());
    for (const id of this.#spread.keys()) if (!apps.some((child) => child.id === id)) this.#spread.delete(id);
    for (const { id, pid, readyAt, state } of apps) {
      if (state.kind !== 'ready' || readyAt === undefined) continue;
      const why = this.#wear(recycle, this.#factorOf(id, recycle.jitter), monotonicMs() - readyAt, pid);
      if (why !== undefined) this.#options.dispatch({ kind: 'child-worn', id, why });
    }
  }

  #wear({ maxAge, maxRss }: Recycle, factor: number, ageMs: number, pid: number): string | undefined {
    if (maxAge > 0 && ageMs >= maxAge * factor) return `is ${formatDuration(Math.round(ageMs))} old`;
    const rss = maxRss === 0 ? null : this.#options.rss.take(pid);
    return rss !== null && rss >= maxRss * factor ? `holds ${(rss / 2 ** 20).toFixed(1)} MiB` : undefined;
  }

  #factorOf(id: number, jitter: number): number {
    const spread = this.#spread.get(id) ?? 2 * Math.random() - 1;
    this.#spread.set(id, spread);
    return 1 + jitter * spread;
  }
}
