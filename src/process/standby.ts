import type { Worker } from 'node:cluster';
import { parseFromChild } from '../ipc/parse.js';
import type { ToChild } from '../ipc/protocol.js';
import { guardChannel } from './guard-channel.js';
import { type Launch, hearsAll } from './launch.js';
import { newId } from './new-id.js';
import { descendantsOf, isDead, readProcess, readProcessTable } from './proc.js';
import { sendSignal, signalLiving } from './signal.js';

export interface StandbyEvents {
  /** It has loaded what it may, and can be used. */
  readonly ready: () => void;
  /** Its event loop runs. */
  readonly beat: () => void;
  /** It says that it can't load what it may, or its channel can't be used. */
  readonly failed: (why: string) => void;
  readonly exited: (code: number | null, signal: string | null) => void;
}

/** A process that waits at its gate. Nothing else of it is heard but that it listens, has loaded what it was told to, and runs. */
export class Standby {
  readonly id = newId();
  readonly worker: Worker;
  readonly pid: number;
  readonly launch: Launch;
  readonly #events: StandbyEvents;
  #isReady = false;
  #onUnreadable: (error: Error) => void;

  constructor(worker: Worker, pid: number, launch: Launch, events: StandbyEvents) {
    this.worker = worker;
    this.pid = pid;
    this.launch = launch;
    this.#events = events;
    this.#onUnreadable = this.#fail;
    worker.process.on('message', this.#hear);
    worker.process.once('exit', events.exited);
    worker.on('error', this.#fail);
    guardChannel(worker.process, (error) => this.#onUnreadable(error));
    if (hearsAll(launch)) this.#tell(standByOf(launch));
  }

  /** Whether it has loaded what it may, and lives, by the kernel's word: what has just been killed is not heard of yet. */
  get isOfUse(): boolean {
    if (!this.#isReady || !this.worker.isConnected()) return false;
    const entry = readProcess(this.pid);
    return entry === undefined || !isDead(entry);
  }

  /** It has got a place: from now on its process is somebody else's, who says what happens to its channel (`onUnreadable`). */
  take(): void {
    const { process } = this.worker;
    process.off('message', this.#hear);
    process.off('exit', this.#events.exited);
    this.worker.off('error', this.#fail);
  }

  set onUnreadable(listener: (error: Error) => void) {
    this.#onUnreadable = listener;
  }

  /** The process and what it has started: the parent first, so that it starts nothing anew. */
  kill(): void {
    const below = descendantsOf(this.pid, readProcessTable());
    sendSignal(this.pid, 'SIGKILL');
    signalLiving(below, 'SIGKILL');
  }

  readonly #fail = (error: Error): void => this.#events.failed(error.message);

  readonly #hear = (raw: unknown): void => {
    const parsed = parseFromChild(raw);
    if (parsed.kind !== 'own') return;
    const { message } = parsed;
    if (message.eggcup === 'at-gate') this.#tell(standByOf(this.launch));
    if (message.eggcup === 'beat') this.#events.beat();
    if (message.eggcup === 'start-failed') this.#events.failed(message.message);
    if (message.eggcup !== 'stands-by') return;
    this.#isReady = true;
    this.#events.ready();
  };

  #tell(message: ToChild): void {
    this.worker.process.send(message, (error) => {
      if (error !== null) this.#fail(error);
    });
  }
}

function standByOf({ framework, task }: Launch): ToChild {
  return { eggcup: 'stand-by', framework, beatMs: task.beatMs };
}
