import { EggcupError } from '../errors.js';

/** Hears who wants this process to end, which has to clean up first. */
export class StopSignal {
  readonly #aborter = new AbortController();
  readonly #hear = (signal: NodeJS.Signals): void => {
    this.#aborter.abort(new EggcupError('ERR_STOPPED', `${signal} received: nothing is kept`));
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#hear);
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#hear);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
