import cluster, { type Worker } from 'node:cluster';
import { cfork, setDisableRefork } from 'cfork';
import { messageOf } from '../errors.js';
import type { Slot } from '../supervisor/model.js';
import { Child, type ChildEvents } from './child.js';
import { guardChannel } from './guard-channel.js';
import { Handover } from './handover.js';
import type { Launch } from './launch.js';

/** The app workers: cfork forks them, and forks them again when they end. */
export class AppWorkers {
  readonly #events: ChildEvents;
  readonly #slots = new Map<Worker, Slot>();
  readonly #children = new Map<Worker, Child>();
  /** All that were ever taken in: `cluster.workers` holds a dead one until its channel has closed as well. */
  readonly #seen = new WeakSet<Worker>();
  /** Forks that the kernel refused, by their slot. */
  readonly #failed = new Map<Slot, Worker>();
  readonly #handover = new Handover();
  #reforkAllowed = false;

  constructor(events: ChildEvents) {
    this.#events = events;
  }

  /** Forks `count` workers, the slots `app-0` and up. To be called once: cfork listens to the cluster from here on. */
  fork(launch: Launch, count: number, restart: { readonly limit: number; readonly duration: number }): void {
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ cwd: launch.cwd, serialization: 'json' });
    // Ours before cfork's, so that the policy hears of an end before cfork answers it with a fork …
    cluster.on('disconnect', (worker) => this.#disconnected(worker));
    cluster.on('exit', (worker, code, signal) => this.#exited(worker, code, signal));
    cluster.on('reachReforkLimit', () => this.#events.reforkRefused());
    cluster.on('unexpectedExit', () => undefined); // Told as child.exited already.
    const { exec, args, execArgv, env } = launch;
    try {
      cfork({ exec, args, execArgv, env, count, ...restart });
    } catch (error) {
      this.#events.forkFailed('app-0', messageOf(error)); // Thrown at the first: E2BIG, say.
    }
    this.#adopt((index) => `app-${index}`);
    // … and again after it, to see whom it has forked.
    for (const event of ['disconnect', 'exit']) cluster.on(event, (worker: Worker) => this.#adoptSuccessor(worker));
  }

  allowRefork(allowed: boolean): void {
    this.#reforkAllowed = allowed;
    for (const worker of this.#slots.keys()) setDisableRefork(worker, !allowed);
  }

  /** Tries a failed fork again. Node reports no exit for a process that never was, so cfork is told of one. */
  refork(slot: Slot): void {
    const worker = this.#failed.get(slot);
    if (worker === undefined) return;
    this.#failed.delete(slot);
    this.#slots.set(worker, slot);
    cluster.emit('exit', worker, null, null);
  }

  #disconnected(worker: Worker): void {
    const child = this.#children.get(worker);
    if (child !== undefined) this.#events.disconnected(child);
  }

  #exited(worker: Worker, code: number | null, signal: string | null): void {
    const child = this.#children.get(worker);
    this.#children.delete(worker);
    child?.endTail(() => this.#events.exited(child, code, signal));
  }

  #adoptSuccessor(worker: Worker): void {
    const slot = this.#slots.get(worker);
    if (slot === undefined) return;
    this.#adopt(() => slot);
    if (!this.#children.has(worker)) this.#slots.delete(worker);
  }

  /** Takes in the workers that are new in the cluster, in the order in which they were forked. */
  #adopt(slotOf: (index: number) => Slot): void {
    const fresh = Object.values(cluster.workers ?? {}).filter(
      (worker): worker is Worker => worker !== undefined && !this.#seen.has(worker),
    );
    for (const [index, worker] of fresh.toSorted((a, b) => a.id - b.id).entries()) this.#watch(worker, slotOf(index));
  }

  #watch(worker: Worker, slot: Slot): void {
    this.#seen.add(worker);
    this.#slots.set(worker, slot);
    setDisableRefork(worker, !this.#reforkAllowed);
    const { pid } = worker.process;
    if (pid === undefined) {
      this.#failed.set(slot, worker);
      worker.once('error', (error) => this.#events.forkFailed(slot, error.message));
      return;
    }
    // First, so that all that is sent goes through it.
    this.#handover.follow(worker.process);
    const child = new Child(slot, worker.process, pid, this.#events);
    this.#children.set(worker, child);
    worker.process.on('message', (raw) => this.#events.message(child, raw));
    worker.on('error', (error) => this.#events.channelFailed(child, error));
    guardChannel(worker.process, (error) => this.#events.channelFailed(child, error));
    this.#events.forked(child);
  }
}
