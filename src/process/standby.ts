import type { Worker } from 'node:cluster';
import { parseFromChild } from '../ipc/parse.js';
import type { ToChild } from '../ipc/protocol.js';
import { guardChannel } from './guard-channel.js';
import type { Launch } from './launch.js';
import { descendantsOf, isAlive, isDead, readProcess, readProcessTable } from './proc.js';
import { sendSignal } from './signal.js';

export interface StandbyEvents {
  /** It has loaded what it may, and can be used. */
  readonly ready: () => void;
  /** Its channel has failed, or is closed. */
  readonly lost: () => void;
  readonly exited: (code: number | null, signal: string | null) => void;
}

let lastId = 0;

/** A process that waits at its gate. Nothing else of it is heard but that it listens, has loaded what it was told to, and runs. */
export class Standby {
  readonly id = ++lastId;
  readonly worker: Worker;
  readonly pid: number;
  readonly launch: Launch;
  readonly #events: StandbyEvents;
  #isReady = false;
  #heardAt = 0;
  #onUnreadable: (error: Error) => void;

  constructor(worker: Worker, pid: number, launch: Launch, events: StandbyEvents) {
    this.worker = worker;
    this.pid = pid;
    this.launch = launch;
    this.#events = events;
    this.#onUnreadable = events.lost;
    worker.process.on('message', this.#hear);
    worker.process.once('exit', events.exited);
    worker.process.once('disconnect', events.lost);
    worker.on('error', events.lost);
    guardChannel(worker.process, (error) => this.#onUnreadable(error));
  }

  /** Whether it has loaded what it may, and lives, by the kernel's word: what has just been killed is not heard of yet. */
  get isOfUse(): boolean {
    const entry = readProcess(this.pid);
    return this.#isReady && this.worker.isConnected() && !(entry !== undefined && isDead(entry));
  }

  /** Whether it has not said for too long that it runs: it hangs, or was stopped. */
  get isSilent(): boolean {
    const { hungAfterMs } = this.launch;
    return this.#isReady && hungAfterMs !== undefined && performance.now() - this.#heardAt > hungAfterMs;
  }

  /** It has got a place: from now on its process is somebody else's, who says what happens to its channel (`onUnreadable`). */
  take(): void {
    const { process } = this.worker;
    process.off('message', this.#hear);
    process.off('exit', this.#events.exited);
    process.off('disconnect', this.#events.lost);
    this.worker.off('error', this.#events.lost);
  }

  set onUnreadable(listener: (error: Error) => void) {
    this.#onUnreadable = listener;
  }

  /** The process and what it has started: the parent first, so that it starts nothing anew. */
  kill(): void {
    const below = descendantsOf(this.pid, readProcessTable());
    sendSignal(this.pid, 'SIGKILL');
    for (const entry of below) if (isAlive(entry)) sendSignal(entry.pid, 'SIGKILL');
  }

  readonly #hear = (raw: unknown): void => {
    const parsed = parseFromChild(raw);
    if (parsed.kind !== 'own') return;
    this.#heardAt = performance.now();
    if (parsed.message.eggcup === 'at-gate') this.#tell(standByOf(this.launch));
    if (parsed.message.eggcup !== 'stands-by') return;
    this.#isReady = true;
    this.#events.ready();
  };

  #tell(message: ToChild): void {
    this.worker.process.send(message, (error) => {
      if (error !== null) this.#events.lost();
    });
  }
}

function standByOf({ prepare, task }: Launch): ToChild {
  const framework = prepare?.eggcup === 'prepare' ? prepare.framework : undefined;
  return { eggcup: 'stand-by', framework, beatMs: task.beatMs };
}
