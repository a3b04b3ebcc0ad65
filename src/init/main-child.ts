import type { Ending } from './wait-status.js';

/** The process that command mode is about. */
export class MainChild {
  /** 0 until it is started. */
  pid = 0;
  #ending: Ending | undefined;
  #tell: (ending: Ending) => void = () => undefined;
  readonly whenEnded = new Promise<Ending>((resolve) => {
    this.#tell = resolve;
  });

  get isRunning(): boolean {
    return this.pid !== 0 && this.#ending === undefined;
  }

  /** Once it has been reaped its pid may become a stranger's. */
  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  ended(ending: Ending): void {
    this.#ending = ending;
    this.#tell(ending);
  }
}
