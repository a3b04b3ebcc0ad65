import type { Config } from '../config/schema.js';
import { findThrottling } from '../container/throttled.js';
import type { Child } from '../process/child.js';
import type { Launch } from '../process/launch.js';
import type { RssSamples } from '../process/rss-samples.js';
import type { State } from '../supervisor/model.js';
import { LimitWatch, type LimitWatchOptions } from './limit-watch.js';
import type { Happening } from './loop.js';
import { SilenceWatch } from './silence-watch.js';
import { Wear } from './wear.js';

export interface WatchesOptions extends LimitWatchOptions {
  readonly config: () => Config;
  readonly state: () => State;
  readonly children: ReadonlyMap<number, Child>;
  readonly launchOf: (id: number) => Launch | undefined;
  readonly rss: RssSamples;
  readonly dispatch: (happening: Happening) => void;
}

/** What is looked at again and again while the cluster runs: limits of the container, wear and silence of the app workers. */
export class Watches {
  readonly #limits: LimitWatch;
  readonly #wear: Wear;
  readonly #silence: SilenceWatch;

  constructor(options: WatchesOptions) {
    const { config, children, launchOf } = options;
    this.#limits = new LimitWatch(options);
    this.#wear = new Wear({ ...options, recycle: () => config().workers.recycle });
    this.#silence = new SilenceWatch({
      ...options,
      timeoutMs: (id) => launchOf(id)?.hungAfterMs,
      throttledMs: findThrottling(),
      isHeld: (id) => children.get(id)?.isHeld === true,
    });
  }

  /** The event loop of this app worker, or process on standby, runs. */
  beat(id: number): void {
    this.#silence.beat(id);
  }

  stop(): void {
    for (const watch of [this.#limits, this.#wear, this.#silence]) watch.stop();
  }
}
