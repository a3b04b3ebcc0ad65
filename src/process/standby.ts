import type { Worker } from 'node:cluster';
import { parseFromChild } from '../ipc/parse.js';
import { guardChannel } from './guard-channel.js';
import type { Launch } from './launch.js';

export interface StandbyEnds {
  /** Its channel has failed, or is closed. */
  readonly lost: () => void;
  readonly exited: (code: number | null, signal: string | null) => void;
}

let lastId = 0;

/** A process that waits at its gate; nothing of it is heard but that it listens, and then it is told what to load meanwhile. */
export class Standby {
  readonly id = ++lastId;
  readonly worker: Worker;
  readonly pid: number;
  readonly launch: Launch;
  readonly #ends: StandbyEnds;
  #isListening = false;
  #onUnreadable: (error: Error) => void;

  constructor(worker: Worker, pid: number, launch: Launch, ends: StandbyEnds) {
    this.worker = worker;
    this.pid = pid;
    this.launch = launch;
    this.#ends = ends;
    this.#onUnreadable = ends.lost;
    worker.process.on('message', this.#hear);
    worker.process.once('exit', ends.exited);
    worker.process.once('disconnect', ends.lost);
    worker.on('error', ends.lost);
    guardChannel(worker.process, (error) => this.#onUnreadable(error));
  }

  /** Whether it hears what it is told. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** It has got a place: from now on its process is somebody else's, who says what happens to its channel (`onUnreadable`). */
  take(): void {
    const { process } = this.worker;
    process.off('message', this.#hear);
    process.off('exit', this.#ends.exited);
    process.off('disconnect', this.#ends.lost);
    this.worker.off('error', this.#ends.lost);
  }

  set onUnreadable(listener: (error: Error) => void) {
    this.#onUnreadable = listener;
  }

  readonly #hear = (raw: unknown): void => {
    const parsed = parseFromChild(raw);
    if (parsed.kind !== 'own' || parsed.message.eggcup !== 'at-gate') return;
    this.#isListening = true;
    const { prepare } = this.launch;
    if (prepare === undefined) return;
    this.worker.process.send(prepare, (error) => {
      if (error !== null) this.#ends.lost();
    });
  };
}
