import { join } from 'node:path';
import type { Log } from '../log.js';
import type { Policy, State } from '../supervisor/model.js';
import { isLive } from '../supervisor/view.js';
import type { HealthFiles } from '../health/files.js';
import { markersOf } from './status.js';
import type { StatusView } from './status-view.js';
import { type Watchdog, startWatchdog } from '../health/watchdog.js';
import type { Native } from '../native/addon.js';
import { monotonicMs } from '../monotonic.js';

/** Design 3 promises at most 2 s between two beats. */
const BEAT_MS = 1000;

export interface ReporterOptions {
  readonly files: HealthFiles;
  readonly policy: () => Policy;
  readonly view: StatusView;
  readonly log: Log;
  readonly native: Native | undefined;
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

  /** Keeps what is known of a process that hangs. Returns the file's path; none is written once the end has begun. */
  keepEvidence(name: string, text: string): string | undefined {
    return this.#isClosed ? undefined : this.#options.files.writeEvidence(name, text);
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
    this.#options.view.sampleMemory(this.#state);
    this.#options.files.forgetMissing();
    this.#mark(this.#state); // Again: what could not be written may be possible now.
    if (isLive(this.#state)) this.#options.files.beat();
    if (monotonicMs() - this.#statusAt >= this.#options.policy().checkIntervalMs) this.#writeStatus();
  }

  #mark(state: State): void {
    const { files, policy } = this.#options;
    const { ready, live, started } = markersOf(state, policy());
    // Down before up: a reader must never see more than there is.
    files.mark('ready', ready);
    files.mark('live', live);
    files.mark('started', started);
  }

  #writeStatus(): void {
    this.#statusDue = undefined;
    if (this.#state === undefined) return;
    this.#statusAt = monotonicMs();
    this.#options.files.writeStatus(this.#options.view.take(this.#state));
  }
}
