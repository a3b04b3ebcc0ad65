import type { Happening } from '#eggcup/master/loop.js';
import { nextDeadline } from '#eggcup/supervisor/deadlines.js';
import type { Command } from '#eggcup/supervisor/commands.js';
import type { Event } from '#eggcup/supervisor/events.js';
import type { Policy, Slot, State } from '#eggcup/supervisor/model.js';
import { begin, transition } from '#eggcup/supervisor/transition.js';
import { SimulatedExecutor } from './simulated-executor.js';
import { type SimulatedProcess, isOfUse } from './simulated-process.js';
import type { SimulatedStandbys } from './simulated-standbys.js';

/** Looks on, and throws when a promise is broken. */
export interface Watcher {
  /** After the supervisor has answered an event, before its commands are run. */
  stepped?(event: Event, before: State, after: State): void;
  ordered?(command: Command): void;
  forked?(slot: Slot, isRestart: boolean): void;
  /** All that has happened has been answered. */
  rested?(): void;
}

/** The processes and the clock around the supervisor. What happens in it is the caller's choice. */
export class World {
  readonly policy: Policy;
  readonly executor: SimulatedExecutor;
  /** When app workers, the agent or forks failed while nobody had asked for an end. */
  readonly crashes: number[] = [];
  state: State;
  now = 0;
  readonly #watcher: Watcher;
  readonly #queue: Event[] = [];
  readonly #unheardFailures: Happening[] = [];
  #busy = false;

  constructor(policy: Policy, watch: (world: World) => Watcher) {
    this.policy = policy;
    this.executor = new SimulatedExecutor(policy, {
      now: () => this.now,
      tell: (happening) => this.tell(happening),
      tellLater: (failure) => this.#tellLater(failure),
      forked: (slot, isRestart) => this.#watcher.forked?.(slot, isRestart),
    });
    const { state, commands } = begin(policy, this.now);
    this.state = state;
    this.#watcher = watch(this);
    this.#run(commands);
    this.#drain();
  }

  get processes(): readonly SimulatedProcess[] {
    return this.executor.processes;
  }

  get standbys(): SimulatedStandbys {
    return this.executor.standbys;
  }

  /** App workers that listen and may be sent requests, in the order in which they were forked. */
  get listening(): readonly SimulatedProcess[] {
    return this.processes.filter((process) => process.slot !== 'agent' && isOfUse(process));
  }

  get readyAgent(): SimulatedProcess | undefined {
    return this.processes.find((process) => process.slot === 'agent' && isOfUse(process));
  }

  get living(): readonly SimulatedProcess[] {
    return this.processes.filter(({ alive }) => alive);
  }

  /** As the master's loop: one event at a time, those that commands cause wait. */
  tell(happening: Happening): void {
    this.#queue.push({ ...happening, at: this.now });
    if (!this.#busy) this.#drain();
  }

  sayReady(process: SimulatedProcess): void {
    if (!process.alive || !process.connected) return;
    // Who has been told to end, or speaks up at its gate, is not listened to.
    process.saidReady ||= process.gateOpened && !process.terminated && !process.killed && process.leaves === 'no';
    process.wasReady ||= process.saidReady;
    this.tell({ kind: 'child-ready', id: process.id });
  }

  /** An app worker closes its server and lives on. */
  sayUnready(process: SimulatedProcess): void {
    if (process.slot === 'agent' || !process.connected) return;
    process.saidReady = false;
    this.tell({ kind: 'child-unready', id: process.id });
  }

  /** Somebody else has told an app worker to end. */
  sayLeaving(process: SimulatedProcess): void {
    if (process.slot === 'agent' || !process.connected || !process.gateOpened || process.leaves !== 'no') return;
    process.saidReady = false;
    process.leaves = 'asks';
    this.tell({ kind: 'child-leaving', id: process.id });
  }

  /** An app worker's event loop hangs, or goes on. */
  sayHung(process: SimulatedProcess): void {
    const child = this.state.children.find(({ id }) => id === process.id);
    const isNews = child?.state.kind === 'ready' && !child.replaced && process.slot !== 'agent';
    if (isNews && !process.hangs && this.state.phase.kind === 'running') {
      this.crashes.push(this.now);
      process.isHangCounted = true;
    }
    process.hangs ||= isNews;
    this.tell({ kind: 'child-hung', id: process.id, silentMs: 30_000 });
  }

  sayAnswers(process: SimulatedProcess): void {
    process.hangs = false;
    // Who was told to end for it may say what it likes.
    process.isHangCounted &&= process.terminated || process.killed;
    this.tell({ kind: 'child-answers', id: process.id });
  }

  /** Everything that may start does, until nothing more comes of it. */
  allReady(): void {
    for (const process of this.living) this.sayAnswers(process);
    for (let round = 0; round < this.state.slots.length + 2; round += 1) {
      for (const process of this.living) if (process.gateOpened && !process.saidReady) this.sayReady(process);
    }
    this.standbys.allReady();
  }

  failStart(process: SimulatedProcess, portTaken: boolean): void {
    if (!process.alive || !process.connected) return;
    this.tell({ kind: 'child-start-failed', id: process.id, portTaken, message: 'simulated' });
  }

  disconnect(process: SimulatedProcess): void {
    if (!process.alive || !process.connected) return;
    process.connected = false;
    this.#noteCrash(process);
    this.tell({ kind: 'child-disconnected', id: process.id });
    if (process.slot !== 'agent') this.executor.cfork.disconnected(process);
  }

  /** `isTold` false: descendants of a process that was told to end keep its exit back (`Child.endTail`). */
  exit(process: SimulatedProcess, isTold = true): void {
    if (!process.alive) return;
    process.alive = false;
    if (process.connected) this.#noteCrash(process);
    if (isTold || !(process.terminated || process.killed)) this.tellExit(process);
    else this.executor.displacedRestarts += 1;
    if (process.slot === 'agent' && process.connected) this.tell({ kind: 'child-disconnected', id: process.id });
    process.connected = false;
    if (process.slot !== 'agent') this.executor.cfork.exited(process);
  }

  /** Of an app worker that cfork replaces. One that hung was counted then, and its restart comes only now. */
  #noteCrash({ slot, reforkAllowed, isHangCounted }: SimulatedProcess): void {
    if (slot === 'agent' || !reforkAllowed) return;
    if (isHangCounted) this.executor.displacedRestarts += 1;
    else this.crashes.push(this.now);
  }

  tellExit(process: SimulatedProcess): void {
    if (process.alive || process.endTold) return;
    process.endTold = true;
    const isPlanned =
      process.slot === 'agent' &&
      (this.state.children.some(({ id, replaced }) => id === process.id && replaced) ||
        // The new one of a roll has never been ready: that ends the roll, and is no crash.
        (this.state.roll?.step.kind === 'agent' && !process.wasReady));
    if (process.slot === 'agent' && this.state.phase.kind === 'running' && !isPlanned) this.crashes.push(this.now);
    // What follows is no restart.
    if (isPlanned) this.executor.expectNoRestart('agent');
    const signal = process.killed ? 'SIGKILL' : null;
    this.tell({ kind: 'child-exited', id: process.id, code: signal === null ? 1 : null, signal });
  }

  /** Signals take effect, in both orders in which a dying process is noticed. */
  settle(): void {
    this.standbys.settle();
    for (const process of this.processes) {
      this.tellExit(process);
      if (!process.alive) continue;
      if (process.leaves === 'may') this.disconnect(process);
      const dies = process.killed ? !process.ignoresKill : process.terminated && !process.ignoresTerm;
      if (!dies) continue;
      if (process.id % 2 === 0) this.disconnect(process);
      this.exit(process);
    }
  }

  advance(ms: number): void {
    this.now += ms;
    this.tell({ kind: 'time-passed' });
  }

  /** Lets time pass until the supervisor's timer fires; returns whether one is armed. */
  advanceToDeadline(): boolean {
    const deadline = nextDeadline(this.state, this.now);
    if (deadline === undefined) return false;
    this.advance(Math.max(0, deadline - this.now));
    return true;
  }

  #drain(): void {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      const before = this.state;
      const { state, commands } = transition(before, event, this.policy);
      this.state = state;
      this.#watcher.stepped?.(event, before, state);
      this.#run(commands);
    }
    this.#watcher.rested?.();
    const failure = this.#unheardFailures.shift();
    if (failure === undefined) return;
    if (this.state.phase.kind === 'running' && failure.kind === 'fork-failed') this.crashes.push(this.now);
    this.tell(failure);
  }

  #run(commands: readonly Command[]): void {
    this.#busy = true;
    for (const command of commands) {
      this.#watcher.ordered?.(command);
      this.executor.obey(command);
    }
    this.#busy = false;
  }

  #tellLater(failure: Happening): void {
    this.#unheardFailures.push(failure);
    if (!this.#busy) this.#drain();
  }
}
