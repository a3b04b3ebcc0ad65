import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

/**
 * Takes `live` away when the event loop hangs, where there is no native part: a thread that removes the file and does
 * nothing else. A loop that goes on writes it again at its next beat.
 */
export class WatchdogThread {
  readonly #beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #thread: Worker;

  constructor(liveFile: string, limitMs: number, onFailure: (error: Error) => void) {
    const { Worker } = process.getBuiltinModule('node:worker_threads'); // Seldom needed.
    this.#thread = new Worker(join(import.meta.dirname, 'watchdog-loop.js'), {
      workerData: { beats: this.#beats, liveFile, limitMs },
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

  stop(): void {
    void this.#thread.terminate();
  }
}
