import type { ChildProcess } from 'node:child_process';
import cluster, { type Worker } from 'node:cluster';
import { cfork, setDisableRefork } from 'cfork';
import { messageOf } from '../errors.js';
import type { Slot } from '../supervisor/model.js';
import { REFORKING, listenersNow, wrapSince } from './cfork-listeners.js';
import { Child, type ChildEvents } from './child.js';
import { ForkSettings, variablesOf } from './fork-settings.js';
import { guardChannel } from './guard-channel.js';
import type { Launch } from './launch.js';
import type { Standby } from './standby.js';
import { Standbys } from './standbys.js';

export interface AppWorkersOptions {
  /** Whether all accept from one queue, or the master accepts for them. */
  readonly sharesQueue: boolean;
  /** Looks after the connections on their way to them. */
  readonly handover: { follow(child: ChildProcess, slot: Slot): void };
}

/** Where it is not the slot's launch that a process was started with, and by cfork. */
interface Origin {
  readonly launch: Launch;
  readonly takesOver: boolean;
  readonly standby?: Standby;
}

/** The app workers: cfork forks them, and forks them again when they end. */
export class AppWorkers {
  readonly #events: ChildEvents;
  readonly #sharesQueue: boolean;
  readonly #slots = new Map<Worker, Slot>();
  readonly #children = new Map<Worker, Child>();
  /** All that were ever taken in: `cluster.workers` holds a dead one until its channel has closed as well. */
  readonly #seen = new WeakSet<Worker>();
  /** Forks that the kernel refused, by their slot. */
  readonly #failed = new Map<Slot, Worker>();
  /** What a slot's next process is started with. */
  readonly #launches = new Map<Slot, Launch>();
  readonly #settings = new ForkSettings();
  /** To take over, taken over from, or replaced by a standby: nobody is due when one of them ends. */
  readonly #unreplaced = new WeakSet<Worker>();
  /** Whose end has been answered, by cfork or otherwise: two events tell of it. */
  readonly #answered = new WeakSet<Worker>();
  /** Those that wait for the place of one. */
  readonly standbys: Standbys;
  readonly #handover: AppWorkersOptions['handover'];
  #reforkAllowed = false;

  constructor(events: ChildEvents, { sharesQueue, handover }: AppWorkersOptions) {
    this.#events = events;
    this.#sharesQueue = sharesQueue;
    this.#handover = handover;
    this.standbys = new Standbys(events, this.#settings);
  }

  /** Forks `count` workers, the slots `app-0` and up. To be called once: cfork listens to the cluster from here on. */
  fork(launch: Launch, count: number, restart: { readonly limit: number; readonly duration: number }): void {
    cluster.schedulingPolicy = this.#sharesQueue ? cluster.SCHED_NONE : cluster.SCHED_RR;
    // Ours before cfork's, so that the policy hears of an end before cfork answers it with a fork …
    cluster.on('disconnect', (worker) => this.#disconnected(worker));
    cluster.on('exit', (worker, code, signal) => this.#exited(worker, code, signal));
    cluster.on('reachReforkLimit', () => this.#events.reforkRefused());
    cluster.on('unexpectedExit', () => undefined); // Told as child.exited already.
    for (let index = 0; index < count; index += 1) this.#launches.set(`app-${index}`, launch);
    this.#prepare('app-0');
    const known = listenersNow();
    try {
      cfork({ exec: launch.exec, env: this.#settings.env, count, ...restart });
    } catch (error) {
      this.#events.forkFailed('app-0', messageOf(error)); // Thrown at the first: E2BIG, say.
    }
    this.#adopt((index) => `app-${index}`);
    wrapSince(known, {
      before: (worker) => this.#replaceByStandby(worker),
      refused: (worker, error) => this.#refused(worker, error),
    });
    // … and again after it, to see whom it has forked.
    for (const event of REFORKING) cluster.on(event, (worker: Worker) => this.#adoptSuccessor(worker));
  }

  /** Forks the first process of a new slot. cfork forks only successors after its beginning; it replaces this one like its own. */
  forkApp(slot: Slot, launch: Launch): void {
    this.#launches.set(slot, launch);
    if (this.#useStandby(slot, launch, false)) return;
    this.#prepare(slot);
    try {
      cluster.fork(this.#settings.env);
    } catch (error) {
      return this.#events.forkFailed(slot, messageOf(error));
    }
    this.#adopt(() => slot);
  }

  /** Nobody replaces this slot's processes any more. */
  retire(slot: Slot): void {
    this.#launches.delete(slot);
    this.#failed.delete(slot);
    for (const [worker, other] of this.#slots) {
      if (other !== slot) continue;
      this.#unreplaced.add(worker);
      this.#judge(worker);
    }
  }

  /** Forks a second process for a slot: cfork has no word for it. */
  forkSuccessor(slot: Slot, launch: Launch): void {
    if (this.#useStandby(slot, launch, true)) return;
    this.#prepare(slot, launch);
    try {
      cluster.fork(this.#settings.env);
    } catch (error) {
      return this.#events.successorRefused(slot, messageOf(error));
    }
    this.#adopt(() => slot, { launch, takesOver: true });
  }

  /** From now on this process is its slot's, which is started like it: cfork replaces it, and not its predecessor. */
  takeOver(child: Child): void {
    this.#launches.set(child.slot, child.launch);
    this.#failed.delete(child.slot);
    for (const [worker, slot] of this.#slots) {
      if (slot !== child.slot) continue;
      if (this.#children.get(worker) === child) this.#unreplaced.delete(worker);
      else this.#unreplaced.add(worker);
      this.#judge(worker);
    }
  }

  allowRefork(allowed: boolean): void {
    this.#reforkAllowed = allowed;
    for (const worker of this.#slots.keys()) this.#judge(worker);
  }

  /** Tries a failed fork again. Node reports no exit for a process that never was, so cfork is told of one. */
  refork(slot: Slot): void {
    const launch = this.#launches.get(slot);
    const worker = this.#failed.get(slot);
    // Where Node has thrown there is nobody whose exit could be told.
    if (worker === undefined) return launch === undefined ? undefined : this.forkApp(slot, launch);
    this.#failed.delete(slot);
    this.#slots.set(worker, slot);
    this.#prepare(slot);
    cluster.emit('exit', worker, null, null);
  }

  #refused(worker: Worker, error: Error): boolean {
    const slot = this.#slots.get(worker);
    if (slot !== undefined) this.#events.forkFailed(slot, error.message);
    return slot !== undefined;
  }

  /** In cfork's place, which has only to hear that nobody is due: at the first of the two events that tell of an end. */
  #replaceByStandby(worker: Worker): void {
    const slot = this.#slots.get(worker);
    if (slot === undefined || !this.#isReplaced(worker) || this.#answered.has(worker)) return;
    this.#answered.add(worker);
    const launch = this.#launches.get(slot);
    if (launch === undefined || !this.#useStandby(slot, launch, false)) return;
    this.#unreplaced.add(worker);
    this.#judge(worker);
  }

  /** Gives the slot a process that has waited for one, if there is one that was started in the same way. */
  #useStandby(slot: Slot, launch: Launch, takesOver: boolean): boolean {
    const standby = this.standbys.take(launch);
    if (standby !== undefined) this.#watch(standby.worker, slot, { launch, takesOver, standby });
    return standby !== undefined;
  }

  #disconnected(worker: Worker): void {
    const child = this.#children.get(worker);
    if (child === undefined) return;
    this.#events.disconnected(child);
    // Last before cfork hears of it: the answer may have forked something else.
    this.#prepare(child.slot);
  }

  #exited(worker: Worker, code: number | null, signal: string | null): void {
    const child = this.#children.get(worker);
    if (child === undefined) return;
    this.#children.delete(worker);
    child.endTail(code, signal, this.#events);
    this.#prepare(child.slot);
  }

  #adoptSuccessor(worker: Worker): void {
    const slot = this.#slots.get(worker);
    if (slot === undefined) return;
    this.#adopt(() => slot);
    if (!this.#children.has(worker)) this.#slots.delete(worker);
  }

  /** What is forked next, whoever forks it, is started as this slot's processes are. */
  #prepare(slot: Slot, launch = this.#launches.get(slot)): void {
    if (launch !== undefined) this.#settings.prepare(launch, variablesOf(slot, this.#launches.size));
  }

  /** cfork replaces the process that a slot has; not the one that is to take over, nor the one that it has taken over from. */
  #judge(worker: Worker): void {
    setDisableRefork(worker, !this.#isReplaced(worker));
  }

  #isReplaced(worker: Worker): boolean {
    return this.#reforkAllowed && !this.#unreplaced.has(worker);
  }

  /** Takes in the workers that are new in the cluster, in the order in which they were forked. */
  #adopt(slotOf: (index: number) => Slot, origin?: Origin): void {
    const fresh = Object.values(cluster.workers ?? {}).filter(
      (worker): worker is Worker => worker !== undefined && !this.#seen.has(worker) && !this.standbys.hasForked(worker),
    );
    for (const [index, worker] of fresh.toSorted((a, b) => a.id - b.id).entries()) {
      this.#watch(worker, slotOf(index), origin);
    }
  }

  #watch(worker: Worker, slot: Slot, origin: Origin | undefined): void {
    this.#seen.add(worker);
    const takesOver = origin?.takesOver === true;
    const standby = origin?.standby;
    const launch = origin?.launch ?? this.#launches.get(slot);
    if (launch === undefined) throw new Error(`no process was ever started for ${slot}`);
    const { pid } = worker.process;
    if (pid === undefined && takesOver) {
      worker.once('error', (error) => this.#events.successorRefused(slot, error.message));
      return;
    }
    if (takesOver) this.#unreplaced.add(worker);
    this.#slots.set(worker, slot);
    this.#judge(worker);
    if (pid === undefined) {
      this.#failed.set(slot, worker);
      worker.once('error', (error) => this.#events.forkFailed(slot, error.message));
      return;
    }
    // First, so that all that is sent goes through it.
    this.#handover.follow(worker.process, slot);
    const environment = standby === undefined ? undefined : variablesOf(slot, this.#launches.size);
    const child = new Child(slot, worker.process, pid, launch, this.#events, environment);
    this.#children.set(worker, child);
    worker.process.on('message', (raw) => this.#events.message(child, raw));
    worker.on('error', (error) => this.#events.channelFailed(child, error));
    const onUnreadable = (error: Error): void => this.#events.channelFailed(child, error);
    if (standby === undefined) guardChannel(worker.process, onUnreadable);
    else standby.onUnreadable = onUnreadable;
    this.#events.forked(child, takesOver, standby?.id);
  }
}
