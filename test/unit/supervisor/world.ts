import type { Happening } from '#eggcup/master/loop.js';
import { nextDeadline } from '#eggcup/supervisor/deadlines.js';
import type { Command } from '#eggcup/supervisor/commands.js';
import type { Event } from '#eggcup/supervisor/events.js';
import type { LaunchId, Policy, Slot, State } from '#eggcup/supervisor/model.js';
import { begin, transition } from '#eggcup/supervisor/transition.js';
import { SimulatedCfork } from './simulated-cfork.js';
import { NEWBORN, type SimulatedProcess, isOfUse } from './simulated-process.js';
import { SimulatedStandbys } from './simulated-standbys.js';

/** Looks on, and throws when a promise is broken. */
export interface Watcher {
  /** After the supervisor has answered an event, before its commands are run. */
  stepped?(event: Event, before: State, after: State): void;
  ordered?(command: Command): void;
  forked?(slot: Slot, isRestart: boolean): void;
  /** All that has happened has been answered. */
  rested?(): void;
}

/** The processes, cfork and the clock around the supervisor. What happens in it is the caller's choice. */
export class World {
  readonly policy: Policy;
  readonly processes: SimulatedProcess[] = [];
  readonly standbys: SimulatedStandbys;
  /** When app workers, the agent or forks failed while nobody had asked for an end. */
  readonly crashes: number[] = [];
  state: State;
  now = 0;
  /** So many forks to come are refused by the kernel. */
  forksToFail = 0;
  /** Restarts that need not fall into the window of their crash: of an exit told late, of a fork tried again, of a hang. */
  displacedRestarts = 0;
  readonly #watcher: Watcher;
  readonly #cfork: SimulatedCfork;
  readonly #queue: Event[] = [];
  readonly #forkedSlots = new Set<Slot>();
  /** What the app workers of a slot are started with. */
  readonly #launches = new Map<Slot, LaunchId>();
  /** Node tells of a failed fork a tick later. */
  readonly #unheardFailures: Happening[] = [];
  #failedForks: Slot[] = [];
  #reforkAllowed = false;
  #busy = false;

  constructor(policy: Policy, watch: (world: World) => Watcher) {
    this.policy = policy;
    this.#cfork = new SimulatedCfork(
      policy,
      () => this.now,
      (slot) => this.#fork(slot),
      () => this.tell({ kind: 'refork-refused' }),
    );
    this.standbys = new SimulatedStandbys((happening) => this.tell(happening));
    const { state, commands } = begin(policy, this.now);
    this.state = state;
    this.#watcher = watch(this);
    this.#run(commands);
    this.#drain();
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
    if (process.slot !== 'agent') this.#cfork.disconnected(process);
  }

  /** `isTold` false: descendants of a process that was told to end keep its exit back (`Child.endTail`). */
  exit(process: SimulatedProcess, isTold = true): void {
    if (!process.alive) return;
    process.alive = false;
    if (process.connected) this.#noteCrash(process);
    if (isTold || !(process.terminated || process.killed)) this.tellExit(process);
    else this.displacedRestarts += 1;
    if (process.slot === 'agent' && process.connected) this.tell({ kind: 'child-disconnected', id: process.id });
    process.connected = false;
    if (process.slot !== 'agent') this.#cfork.exited(process);
  }

  /** Of an app worker that cfork replaces. One that hung was counted then, and its restart comes only now. */
  #noteCrash({ slot, reforkAllowed, isHangCounted }: SimulatedProcess): void {
    if (slot === 'agent' || !reforkAllowed) return;
    if (isHangCounted) this.displacedRestarts += 1;
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
    if (isPlanned) this.#forkedSlots.delete('agent');
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
      this.#obey(command);
    }
    this.#busy = false;
  }

  #obey(command: Command): void {
    switch (command.kind) {
      case 'fork-agent':
        return this.#fork('agent');
      case 'fork-apps':
        for (let index = 0; index < command.count; index += 1) this.#fork(`app-${index}`);
        return;
      case 'refork-app':
        return this.#retry(command.slot);
      case 'allow-refork':
        this.#reforkAllowed = command.allowed;
        for (const process of this.processes) process.reforkAllowed = command.allowed && !process.unreplaced;
        return;
      case 'fork-app':
        this.#launches.set(command.slot, command.launch);
        return this.#fork(command.slot);
      case 'retire':
        return this.#retire(command.slot);
      case 'fork-successor':
        return this.#fork(command.slot, command.launch);
      case 'fork-standby':
        return this.#forkStandby(command.launch);
      case 'end-standby':
        return this.standbys.end(command.id);
      case 'take-over':
        return this.#takeOver(command.id);
      case 'let-go': {
        const process = this.processes[command.id];
        if (process !== undefined) process.leaves = 'may';
        return;
      }
      case 'open-gate':
      case 'terminate':
      case 'kill':
        return this.#signal(command.kind, command.id);
      case 'examine':
      case 'end-examination':
      case 'lame-duck':
      case 'send':
      case 'log':
      case 'exit':
        return;
    }
  }

  #signal(kind: 'open-gate' | 'terminate' | 'kill', id: number): void {
    const process = this.processes[id];
    if (process === undefined) throw new Error(`there never was a process ${id}`);
    process.gateOpened ||= kind === 'open-gate';
    process.terminated ||= kind === 'terminate';
    process.killed ||= kind === 'kill';
  }

  #takeOver(id: number): void {
    const successor = this.processes[id];
    if (successor !== undefined) this.#launches.set(successor.slot, successor.launch);
    for (const process of this.processes.filter(({ slot }) => slot === successor?.slot)) {
      process.unreplaced = process !== successor;
      process.reforkAllowed = this.#reforkAllowed && !process.unreplaced;
    }
  }

  #retire(slot: Slot): void {
    this.#forkedSlots.delete(slot);
    this.#failedForks = this.#failedForks.filter((other) => other !== slot);
    for (const process of this.processes.filter((other) => other.slot === slot)) {
      process.unreplaced = true;
      process.reforkAllowed = false;
    }
  }

  #retry(slot: Slot): void {
    const failed = this.#failedForks.filter((other) => other === slot).length;
    this.#failedForks = this.#failedForks.filter((other) => other !== slot);
    for (let index = 0; index < failed; index += 1) this.#cfork.retry(slot);
  }

  /** `successor` is what a process that is to take over is started with. */
  #fork(slot: Slot, successor?: LaunchId): void {
    const takesOver = successor !== undefined;
    this.#watcher.forked?.(slot, !takesOver && this.#forkedSlots.has(slot));
    this.#forkedSlots.add(slot);
    const launch = successor ?? this.#launches.get(slot) ?? 0;
    const standby = slot === 'agent' ? undefined : this.standbys.take(launch);
    if (standby === undefined && this.forksToFail > 0) {
      this.forksToFail -= 1;
      if (takesOver) return this.#failLater({ kind: 'successor-refused', slot, message: 'EAGAIN' });
      this.displacedRestarts += 1;
      if (slot !== 'agent') this.#failedForks.push(slot);
      return this.#failLater({ kind: 'fork-failed', slot, message: 'EAGAIN' });
    }
    const id = this.processes.length;
    const reforkAllowed = this.#reforkAllowed && !takesOver;
    const pid = standby?.pid ?? 1000 + id;
    this.processes.push({ id, slot, launch, pid, ...NEWBORN, unreplaced: takesOver, reforkAllowed });
    this.tell({ kind: 'child-forked', id, slot, pid, takesOver, standby: standby?.id });
  }

  #forkStandby(launch: LaunchId): void {
    if (this.forksToFail === 0) return this.standbys.fork(launch);
    this.forksToFail -= 1;
    this.#failLater({ kind: 'standby-refused', message: 'EAGAIN' });
  }

  #failLater(failure: Happening): void {
    this.#unheardFailures.push(failure);
    if (!this.#busy) this.#drain();
  }
}
