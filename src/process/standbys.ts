import cluster, { type Worker } from 'node:cluster';
import { setDisableRefork } from 'cfork';
import { messageOf } from '../errors.js';
import type { ChildEvents } from './child.js';
import type { ForkSettings } from './fork-settings.js';
import type { Launch } from './launch.js';
import { Standby } from './standby.js';

type StandbyEvents = Pick<
  ChildEvents,
  'standbyForked' | 'standbyReady' | 'standbyBeat' | 'standbyFailed' | 'standbyRefused' | 'standbyExited'
>;

/** Processes that wait at their gate for the place of an app worker. cfork replaces none of them. */
export class Standbys {
  readonly #events: StandbyEvents;
  readonly #settings: ForkSettings;
  readonly #forked = new WeakSet<Worker>();
  readonly #waiting = new Map<number, Standby>();
  #due: NodeJS.Immediate | undefined;

  constructor(events: StandbyEvents, settings: ForkSettings) {
    this.#events = events;
    this.#settings = settings;
  }

  /**
   * Forks one that waits until somebody takes it, once this turn is over: what it has to say goes out at its end (batched-channel.ts), `egg-ready` say, and is not to wait for a
   * fork that nobody waits for.
   */
  fork(launch: Launch): void {
    this.#due = setImmediate(() => this.#fork(launch));
  }

  #fork(launch: Launch): void {
    this.#settings.prepare(launch);
    let worker: Worker;
    try {
      worker = cluster.fork(this.#settings.env);
    } catch (error) {
      return this.#events.standbyRefused(messageOf(error)); // E2BIG, say.
    }
    this.#forked.add(worker);
    setDisableRefork(worker, true);
    const { pid } = worker.process;
    if (pid === undefined) worker.once('error', (error) => this.#events.standbyRefused(error.message));
    else this.#wait(worker, pid, launch);
  }

  /** Whether it was forked here, wherever it is now. */
  hasForked(worker: Worker): boolean {
    return this.#forked.has(worker);
  }

  /** One of those that wait. */
  get(id: number): Standby | undefined {
    return this.#waiting.get(id);
  }

  /** The longest waiting that was started so, if there is one of use; the caller looks after it from now on. */
  take(launch: Launch): Standby | undefined {
    const found = [...this.#waiting.values()].find((one) => one.launch === launch && one.isOfUse);
    if (found === undefined) return undefined;
    this.#waiting.delete(found.id);
    found.take();
    return found;
  }

  /** SIGKILL, to what it has started as well: there is nothing that it could lose. Not to one that was taken meanwhile. */
  end(id: number): void {
    const found = this.#waiting.get(id);
    this.#waiting.delete(id);
    found?.kill();
  }

  /** Those that are there, and the one that is about to be. */
  endAll(): void {
    clearImmediate(this.#due);
    for (const id of this.#waiting.keys()) this.end(id);
  }

  #wait(worker: Worker, pid: number, launch: Launch): void {
    const standby = new Standby(worker, pid, launch, {
      ready: () => this.#events.standbyReady(standby.id),
      beat: () => this.#events.standbyBeat(standby.id),
      failed: (why) => this.#events.standbyFailed(standby.id, why),
      exited: (code, signal) => {
        this.#waiting.delete(standby.id);
        this.#events.standbyExited(standby.id, code, signal);
      },
    });
    this.#waiting.set(standby.id, standby);
    this.#events.standbyForked(standby.id, pid);
  }
}
