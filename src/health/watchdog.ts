import { Worker } from 'node:worker_threads';

/** A master whose event loop has been silent for so long (and at most twice as long) is no longer `live`. */
export const WATCHDOG_MS = 4000;

/**
 * Takes `live` away when the event loop hangs: a thread, because it must not run on that loop.
 * The thread removes the file and nothing else; a loop that goes on writes it again at its next beat.
 */
export class Watchdog {
  readonly #beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #thread: Worker;

  /** `onFailure` hears when the thread could not be started (a limit of processes or memory) or has died. */
  constructor(liveFile: string, onFailure: (error: Error) => void) {
    this.#thread = new Worker(new URL('watchdog-thread.js', import.meta.url), {
      workerData: { beats: this.#beats, liveFile, limitMs: WATCHDOG_MS },
      execArgv: [],
      env: {},
      // It holds a loop and a file name: V8 need not set aside what it gives a server.
      resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
    });
    this.#thread.on('error', onFailure).unref();
  }

  beat(): void {
    Atomics.add(this.#beats, 0, 1);
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }
}
