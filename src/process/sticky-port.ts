import type { ChildProcess } from 'node:child_process';
import type { Client } from '../sticky/client.js';
import { heaviest } from '../sticky/rendezvous.js';
import type { Slot } from '../supervisor/model.js';
import type { Connection } from './connection.js';
import type { ClusterMessage, Send } from './handover.js';

/** A connection that looks for its worker. */
export interface Waiting {
  /** What Node would have told a worker of it. */
  readonly message: ClusterMessage;
  readonly connection: Connection;
  readonly client: Client;
  /** Who did not take it. */
  readonly refusedBy: Set<Taker>;
}

/** A worker's process, which takes connections one at a time, as with Node's round robin: it may be hanging. */
export interface Taker {
  /** Grows from fork to fork. */
  readonly id: number;
  readonly slot: Slot;
  readonly child: ChildProcess;
  /** Node's own, past our hook. */
  readonly send: Send;
  /** What it was given and has not taken yet. */
  given: { readonly seq: string; readonly waiting: Waiting } | undefined;
}

/** A port: who listens on it, and which connections wait for whom. */
export class StickyPort {
  readonly #listeners = new Set<Taker>();
  readonly #queues = new Map<Slot, Waiting[]>();
  readonly #maxQueue: number;

  /** `maxQueue` may wait for one worker; then clients go to another one, rather than that the master runs out of descriptors. */
  constructor(maxQueue: number) {
    this.#maxQueue = maxQueue;
  }

  add(taker: Taker): void {
    this.#listeners.add(taker);
  }

  /** Returns the connections that waited for it, unless another process of its slot listens. */
  remove(taker: Taker): readonly Waiting[] {
    this.#listeners.delete(taker);
    if (this.#live().has(taker.slot)) return [];
    const left = this.#queues.get(taker.slot) ?? [];
    this.#queues.delete(taker.slot);
    return left;
  }

  get isClosed(): boolean {
    return this.#listeners.size === 0;
  }

  /** Whether connections wait here. */
  get isBusy(): boolean {
    return [...this.#queues.values()].some((queue) => queue.length > 0);
  }

  /** Lets it wait for the worker that it belongs to, and returns that one; `undefined` when nobody has room for it. */
  enqueue(waiting: Waiting): Taker | undefined {
    const { client, refusedBy } = waiting;
    const live = this.#live();
    for (const [slot, taker] of live)
      if (refusedBy.has(taker) || this.#queueOf(slot).length >= this.#maxQueue) live.delete(slot);
    const { home } = client;
    const slot = home !== undefined && live.has(home) ? home : heaviest(client.key, live.keys());
    if (slot === undefined) return undefined;
    this.#queueOf(slot).push(waiting);
    return live.get(slot);
  }

  /** What this process is to take next. */
  nextFor(taker: Taker): Waiting | undefined {
    return this.#live().get(taker.slot) === taker ? this.#queueOf(taker.slot).shift() : undefined;
  }

  /** By slot: a successor that listens has its predecessor's clients, though that one serves on. */
  #live(): Map<Slot, Taker> {
    const live = new Map<Slot, Taker>();
    for (const taker of this.#listeners) if ((live.get(taker.slot)?.id ?? 0) < taker.id) live.set(taker.slot, taker);
    return live;
  }

  #queueOf(slot: Slot): Waiting[] {
    const queue = this.#queues.get(slot) ?? [];
    this.#queues.set(slot, queue);
    return queue;
  }
}
