import type { Happening } from '#eggcup/master/loop.js';
import type { Command } from '#eggcup/supervisor/commands.js';
import type { LaunchId, Policy, Slot } from '#eggcup/supervisor/model.js';
import { SimulatedCfork } from './simulated-cfork.js';
import { NEWBORN, type SimulatedProcess } from './simulated-process.js';
import { SimulatedStandbys } from './simulated-standbys.js';

export interface Around {
  readonly now: () => number;
  readonly tell: (happening: Happening) => void;
  /** As Node tells of a failed fork: a tick later. */
  readonly tellLater: (failure: Happening) => void;
  readonly forked: (slot: Slot, isRestart: boolean) => void;
}

/** Who runs the supervisor's commands, with the processes, cfork and the kernel that refuses forks. */
export class SimulatedExecutor {
  readonly processes: SimulatedProcess[] = [];
  readonly standbys: SimulatedStandbys;
  readonly cfork: SimulatedCfork;
  /** So many forks to come are refused by the kernel. */
  forksToFail = 0;
  /** Restarts that need not fall into the window of their crash: of an exit told late, of a fork tried again, of a hang. */
  displacedRestarts = 0;
  readonly #around: Around;
  /** Where the next fork is a restart. */
  readonly #forkedSlots = new Set<Slot>();
  /** What the app workers of a slot are started with. */
  readonly #launches = new Map<Slot, LaunchId>();
  #failedForks: Slot[] = [];
  #reforkAllowed = false;

  constructor(policy: Policy, around: Around) {
    this.#around = around;
    this.standbys = new SimulatedStandbys(around.tell);
    this.cfork = new SimulatedCfork(
      policy,
      around.now,
      (slot) => this.#fork(slot),
      () => around.tell({ kind: 'refork-refused' }),
    );
  }

  /** What is forked next for this slot was planned. */
  expectNoRestart(slot: Slot): void {
    this.#forkedSlots.delete(slot);
  }

  obey(command: Command): void {
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
    for (let index = 0; index < failed; index += 1) this.cfork.retry(slot);
  }

  /** `successor` is what a process that is to take over is started with. */
  #fork(slot: Slot, successor?: LaunchId): void {
    const takesOver = successor !== undefined;
    this.#around.forked(slot, !takesOver && this.#forkedSlots.has(slot));
    this.#forkedSlots.add(slot);
    const launch = successor ?? this.#launches.get(slot) ?? 0;
    const standby = slot === 'agent' ? undefined : this.standbys.take(launch);
    if (standby === undefined && this.forksToFail > 0) {
      this.forksToFail -= 1;
      if (takesOver) return this.#around.tellLater({ kind: 'successor-refused', slot, message: 'EAGAIN' });
      this.displacedRestarts += 1;
      if (slot !== 'agent') this.#failedForks.push(slot);
      return this.#around.tellLater({ kind: 'fork-failed', slot, message: 'EAGAIN' });
    }
    const id = this.processes.length;
    const reforkAllowed = this.#reforkAllowed && !takesOver;
    const pid = standby?.pid ?? 1000 + id;
    this.processes.push({ id, slot, launch, pid, ...NEWBORN, unreplaced: takesOver, reforkAllowed });
    this.#around.tell({ kind: 'child-forked', id, slot, pid, takesOver, standby: standby?.id });
  }

  #forkStandby(launch: LaunchId): void {
    if (this.forksToFail === 0) return this.standbys.fork(launch);
    this.forksToFail -= 1;
    this.#around.tellLater({ kind: 'standby-refused', message: 'EAGAIN' });
  }
}
