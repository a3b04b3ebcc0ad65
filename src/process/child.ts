import type { ChildProcess } from 'node:child_process';
import type { ToChild, UserMessage } from '../ipc/protocol.js';
import { type Launch, hearsAll } from './launch.js';
import type { Slot } from '../supervisor/model.js';
import { BatchedChannel } from '../ipc/batched-channel.js';
import { channelHandleOf } from '../ipc/channel-handle.js';
import { Outbox } from './outbox.js';
import { type ProcessEntry, descendantsOf, isAlive, readProcessTable } from './proc.js';
import { newId } from './new-id.js';
import { sendSignal, signalLiving } from './signal.js';

/** What processes make known. Handlers only queue. */
export interface ChildEvents {
  /** `standby` is which one it was, if it was one. */
  forked(child: Child, takesOver: boolean, standby?: number): void;
  forkFailed(slot: Slot, message: string): void;
  /** A process that was to take over from a slot's could not be forked. */
  successorRefused(slot: Slot, message: string): void;
  standbyForked(id: number, pid: number): void;
  standbyRefused(message: string): void;
  /** It has loaded what it may. */
  standbyReady(id: number): void;
  /** Its event loop runs. */
  standbyBeat(id: number): void;
  /** It can't be used. */
  standbyFailed(id: number, why: string): void;
  /** It has ended without ever having been an app worker. */
  standbyExited(id: number, code: number | null, signal: string | null): void;
  message(child: Child, raw: unknown): void;
  /** Something on the channel could not be sent or read; the process itself goes on. */
  channelFailed(child: Child, error: Error): void;
  disconnected(child: Child): void;
  /** It reads too slowly, or not at all: from now on messages to it are dropped. */
  overflowed(child: Child): void;
  /** It has caught up; so many were dropped meanwhile. */
  drained(child: Child, dropped: number): void;
  /** It has ended, but not what it had started when it was told to end. */
  outlived(child: Child, by: readonly ProcessEntry[]): void;
  /** The process has ended and, when it was told to end, so has what it had started. */
  exited(child: Child, code: number | null, signal: string | null): void;
  /** cfork's limit is reached: a slot stays empty. */
  reforkRefused(): void;
}

const TAIL_POLL_MS = 50;

/** A forked process with its slot: the master's hand on it. */
export class Child {
  readonly id = newId();
  readonly slot: Slot;
  readonly pid: number;
  /** What it was started with. */
  readonly launch: Launch;
  readonly process: ChildProcess;
  /** What is on its way to it. */
  readonly outbox: Outbox;
  /** What it was started without, as a standby. */
  readonly #environment: Readonly<Record<string, string>> | undefined;
  /** What to tell it once it listens; `undefined` since it does. */
  #untold: ToChild[] | undefined;
  #isHeld = false;
  #isKilled = false;
  /** What it had started when it was told to end. */
  #descendants: readonly ProcessEntry[] | undefined;

  constructor(
    slot: Slot,
    childProcess: ChildProcess,
    pid: number,
    launch: Launch,
    events: ChildEvents,
    environment?: Readonly<Record<string, string>>,
  ) {
    this.#environment = environment;
    // Who was on standby listens, and has loaded that, since long.
    const wasStandby = environment !== undefined;
    this.#untold = wasStandby || hearsAll(launch) ? undefined : [];
    this.slot = slot;
    this.process = childProcess;
    this.pid = pid;
    this.launch = launch;
    const channel = new BatchedChannel(childProcess, channelHandleOf(childProcess), 0);
    this.outbox = new Outbox(channel, {
      drained: (dropped) => events.drained(this, dropped),
      overflowed: () => events.overflowed(this),
    });
    if (launch.framework !== undefined && !wasStandby) this.tell({ eggcup: 'prepare', framework: launch.framework });
  }

  get role(): 'agent' | 'app' {
    return this.slot === 'agent' ? 'agent' : 'app';
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Whether the master has sent it SIGKILL. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Tells the child something of ours, as soon as it listens. */
  tell(message: ToChild): void {
    if (this.#untold === undefined) this.outbox.sendUnbounded(message);
    else this.#untold.push(message);
  }

  /** Lets it past its gate. */
  open(): void {
    this.tell({ eggcup: 'open', task: this.launch.task, environment: this.#environment });
  }

  /** The child has said that it listens. */
  listens(): void {
    const untold = this.#untold ?? [];
    this.#untold = undefined;
    for (const message of untold) this.outbox.sendUnbounded(message);
  }

  /** Returns whether the message is on its way: not to a closed channel, nor past the backlog's bound. */
  send(message: UserMessage): boolean {
    return this.outbox.send(message);
  }

  /** A message of the master's own, which no backlog holds back. */
  announce(message: UserMessage): void {
    this.outbox.sendUnbounded(message);
  }

  /** Whether what it sends is left unread. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Leaves what it sends unread, until `resumeReading`. */
  holdReading(): void {
    this.#isHeld = true;
    channelHandleOf(this.process)?.readStop();
  }

  resumeReading(): void {
    this.#isHeld = false;
    channelHandleOf(this.process)?.readStart();
  }

  terminate(): void {
    // It may have ended while its connections were handed out: its pid, and what is below, may be a stranger's.
    if (this.hasExited) return;
    this.#descendants = descendantsOf(this.pid, readProcessTable());
    sendSignal(this.pid, 'SIGTERM');
  }

  /** Kills the process and everything below it: the parent first, so that it starts nothing anew. */
  kill(): void {
    // Once it has exited its pid may be a stranger's.
    const fresh = this.hasExited ? [] : descendantsOf(this.pid, readProcessTable());
    const below = [...(this.#descendants ?? []), ...fresh];
    this.#descendants = below;
    if (!this.hasExited) {
      this.#isKilled = true;
      sendSignal(this.pid, 'SIGKILL');
    }
    signalLiving(below, 'SIGKILL');
  }

  /** It has ended: makes that known once nothing is left of what it had started when it was told to; SIGTERM is passed on to that. */
  endTail(code: number | null, signal: string | null, events: ChildEvents): void {
    const tail = (this.#descendants ?? []).filter((entry) => isAlive(entry));
    signalLiving(tail, 'SIGTERM');
    const poll = (told: number | undefined): void => {
      const left = tail.filter((entry) => isAlive(entry));
      if (left.length === 0) return events.exited(this, code, signal);
      if (left.length !== told) events.outlived(this, left);
      setTimeout(poll, TAIL_POLL_MS, left.length);
    };
    poll(undefined);
  }
}
