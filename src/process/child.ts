import type { ChildProcess } from 'node:child_process';
import { hasCode } from '../errors.js';
import type { ToChild, UserMessage } from '../ipc/protocol.js';
import type { Slot } from '../supervisor/model.js';
import { type ProcessEntry, descendantsOf, isAlive, readProcessTable } from './proc.js';
import { sendSignal } from './signal.js';

/** What processes make known. Handlers only queue. */
export interface ChildEvents {
  forked(child: Child): void;
  forkFailed(slot: Slot, message: string): void;
  message(child: Child, raw: unknown): void;
  /** Something on the channel could not be sent or read; the process itself goes on. */
  channelFailed(child: Child, error: Error): void;
  disconnected(child: Child): void;
  /** The process has ended and, when it was told to end, so has what it had started. */
  exited(child: Child, code: number | null, signal: string | null): void;
  /** cfork's limit is reached: a slot stays empty. */
  reforkRefused(): void;
}

/** Messages that a child has not taken yet; more are dropped, so that one that stopped reading costs no more. */
const MAX_UNSENT = 10_000;
const TAIL_POLL_MS = 50;

let lastId = 0;

/** A forked process with its slot: the master's hand on it. */
export class Child {
  readonly id = ++lastId;
  readonly slot: Slot;
  readonly pid: number;
  readonly process: ChildProcess;
  #unsent = 0;
  /** What to tell it once it listens; `undefined` since it does. */
  #untold: ToChild[] | undefined = [];
  /** What it had started when it was told to end. */
  #descendants: readonly ProcessEntry[] | undefined;

  constructor(slot: Slot, childProcess: ChildProcess, pid: number) {
    this.slot = slot;
    this.process = childProcess;
    this.pid = pid;
  }

  get role(): 'agent' | 'app' {
    return this.slot === 'agent' ? 'agent' : 'app';
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Tells the child something of ours, as soon as it listens. */
  tell(message: ToChild): void {
    if (this.#untold === undefined) this.#send(message);
    else this.#untold.push(message);
  }

  /** The child has said that it listens. */
  listens(): void {
    const untold = this.#untold ?? [];
    this.#untold = undefined;
    for (const message of untold) this.#send(message);
  }

  /** Returns whether the message is on its way: not to a closed channel, nor past the backlog's bound. */
  send(message: UserMessage): boolean {
    return this.#send(message);
  }

  #send(message: ToChild | UserMessage): boolean {
    if (!this.process.connected || this.#unsent >= MAX_UNSENT) return false;
    this.#unsent += 1;
    this.process.send(message, (error) => {
      this.#unsent -= 1;
      // The child has closed its end meanwhile; its disconnect or exit says the rest.
      const gone = ['EPIPE', 'ECONNRESET', 'ERR_IPC_CHANNEL_CLOSED'].some((code) => hasCode(error, code));
      if (error !== null && !gone) throw error;
    });
    return true;
  }

  terminate(): void {
    this.#descendants = descendantsOf(this.pid, readProcessTable());
    if (!this.hasExited) sendSignal(this.pid, 'SIGTERM');
  }

  /** Kills the process and everything below it: the parent first, so that it starts nothing anew. */
  kill(): void {
    // Once it has exited its pid may be a stranger's.
    const fresh = this.hasExited ? [] : descendantsOf(this.pid, readProcessTable());
    const below = [...(this.#descendants ?? []), ...fresh];
    this.#descendants = below;
    if (!this.hasExited) sendSignal(this.pid, 'SIGKILL');
    for (const entry of below) if (isAlive(entry)) sendSignal(entry.pid, 'SIGKILL');
  }

  /** Calls `ended` once nothing is left of what a terminated child had started; SIGTERM is passed on to it. */
  endTail(ended: () => void): void {
    const tail = (this.#descendants ?? []).filter((entry) => isAlive(entry));
    for (const entry of tail) sendSignal(entry.pid, 'SIGTERM');
    const poll = (): void => {
      if (tail.some((entry) => isAlive(entry))) setTimeout(poll, TAIL_POLL_MS);
      else ended();
    };
    poll();
  }
}
