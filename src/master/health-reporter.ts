import { join } from 'node:path';
import type { Log } from '../log.js';
import { isDead, readProcessTable } from '../process/proc.js';
import type { RssSamples } from '../process/rss-samples.js';
import type { Policy, State } from '../supervisor/model.js';
import { hasStarted, isLive, isReady } from '../supervisor/view.js';
import type { HealthFiles } from '../health/files.js';
import { type StatusFrame, statusOf } from './status.js';
import { type Watchdog, startWatchdog } from '../health/watchdog.js';
import type { Native } from '../native/addon.js';

/** Design 3 promises at most 2 s between two beats. */
const BEAT_MS = 1000;

export interface ReporterOptions {
  readonly files: HealthFiles;
  readonly policy: Policy;
  readonly frame: StatusFrame;
  readonly address: () => string | null;
  readonly log: Log;
  readonly native: Native | undefined;
  readonly rss: RssSamples;
}

/** Keeps the health files true to the supervisor's state: markers at once, the status once per turn of the loop. */
export class HealthReporter {
  readonly #options: ReporterOptions;
  readonly #watchdog: Watchdog;
  readonly #heart: NodeJS.Timeout;
  #state: State | undefined;
  #statusDue: NodeJS.Immediate | undefined;
  #statusAt = 0;
  #isClosed = false;
  #zombies = 0;
  #countedAt = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#watchdog = startWatchdog(join(options.files.dir, 'live'), options.native, ({ message }) =>
      options.log.warn('health.watchdog-failed', { reason: message }),
    );
    this.#heart = setInterval(() => this.#beat(), BEAT_MS).unref();
  }

  show(state: State): void {
    if (state === this.#state || this.#isClosed) return;
    this.#state = state;
    this.#mark(state);
    this.#statusDue ??= setImmediate(() => this.#writeStatus());
  }

  /** Ends the beat, and removes the files. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#heart);
    clearImmediate(this.#statusDue);
    this.#state = undefined;
    this.#watchdog.stop();
    this.#options.files.removeAll();
  }

  #beat(): void {
    this.#watchdog.beat();
    if (this.#state === undefined) return;
    this.#options.files.forgetMissing();
    this.#mark(this.#state); // Again: what could not be written may be possible now.
    if (isLive(this.#state)) this.#options.files.beat();
    if (performance.now() - this.#statusAt >= this.#options.policy.checkIntervalMs) this.#writeStatus();
  }

  #mark(state: State): void {
    const { files, policy } = this.#options;
    // Down before up: a reader must never see more than there is.
    files.mark('ready', isReady(state, policy));
    files.mark('live', isLive(state));
    files.mark('started', hasStarted(state));
  }

  #writeStatus(): void {
    this.#statusDue = undefined;
    if (this.#state === undefined) return;
    const { files, policy, frame, address, rss } = this.#options;
    this.#statusAt = performance.now();
    if (this.#statusAt - this.#countedAt >= policy.checkIntervalMs) this.#countZombies();
    const now = { at: this.#statusAt, address: address(), zombies: this.#zombies };
    files.writeStatus(statusOf(this.#state, policy, now, frame, rss));
  }

  /** A look at every process: once in an interval is enough. */
  #countZombies(): void {
    this.#countedAt = this.#statusAt;
    this.#zombies = [...readProcessTable().values()].filter(
      (entry) => entry.ppid === process.pid && isDead(entry),
    ).length;
  }
}
