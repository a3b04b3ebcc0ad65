import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { type Client, clientAt, clientOf } from '../sticky/client.js';
import type { Wanted } from '../sticky/mode.js';
import type { Slot } from '../supervisor/model.js';
import { type Connection, peerOf } from './connection.js';
import type { FirstLook } from './first-look.js';
import {
  CLUSTER,
  type ClusterMessage,
  HAND_OUT_MS,
  HAND_OUT_POLL_MS,
  type Send,
  tellClosed,
  whenChannelEnds,
} from './handover.js';
import { StickyPort, type Taker, type Waiting } from './sticky-port.js';
import { monotonicMs } from '../monotonic.js';

/** What a request is read for, and how; without it connections go by address. */
export interface Reading {
  readonly wanted: Wanted;
  readonly firstLook: FirstLook;
  readonly onUnreadable: (protocol: string) => void;
}

/** After everybody has refused it (`maxConnections`). */
const AGAIN_MS = 50;

/**
 * In the place of Node's round robin: which worker gets a connection is decided by whose it is. Node goes on to accept
 * and to choose; its word to the worker that it has chosen (`newconn`) is caught here, and Node is told that the worker has
 * taken the connection. Then the worker whose client it is gets it, by the same word, and is waited for without holding up the
 * others. A connection that it does not take, because it leaves, is full or dies, goes to the next one.
 */
export class StickyHandover {
  readonly #reading: Reading | undefined;
  /** By Node's key of the port. */
  readonly #ports = new Map<string, StickyPort>();
  readonly #takers = new Set<Taker>();
  readonly #maxQueue: number;
  #forks = 0;
  #handed = 0;

  /** `maxQueue`: see `StickyPort`. */
  constructor(reading: Reading | undefined, maxQueue: number) {
    this.#reading = reading;
    this.#maxQueue = maxQueue;
  }

  /** Follows an app worker; to be called before it can listen. */
  follow(child: ChildProcess, slot: Slot): void {
    const send = child.send.bind(child) as Send;
    this.#forks += 1;
    const taker: Taker = { id: this.#forks, slot, child, send, given: undefined };
    this.#takers.add(taker);
    child.send = (message: ClusterMessage, handle?: unknown, ...others: unknown[]) => {
      const { cmd, act, key, errno } = message;
      if (cmd === CLUSTER && key !== undefined) {
        if (act === 'newconn') return this.#take(child, message, handle as Connection);
        // The answer to a worker that has asked to listen: from here on it hears of connections.
        const isListening = act === undefined && !errno;
        const sent = send(message, handle, ...others);
        if (isListening) this.#listens(taker, key);
        return sent;
      }
      return send(message, handle, ...others);
    };
    child.on('internalMessage', ({ cmd, act, ack, accepted, key }: ClusterMessage) => {
      // It has no descriptor left to receive one.
      if (cmd === 'NODE_HANDLE_NACK') this.#answered(taker, taker.given?.seq, false);
      if (cmd !== CLUSTER) return;
      if (act === 'close' && key !== undefined) this.#leaves(taker, key);
      this.#answered(taker, ack, accepted === true);
    });
    whenChannelEnds(child, () => {
      for (const key of this.#ports.keys()) tellClosed(child, key);
      this.#answered(taker, taker.given?.seq, false);
    });
    child.once('exit', () => this.#takers.delete(taker));
  }

  /**
   * All workers are about to end, and nobody will be there to take what they don't: connections that wait for a first look, or for
   * their worker, go to it now. Resolves when they have, or a worker that takes none has been waited for long enough.
   */
  async handOutAll(): Promise<void> {
    this.#reading?.firstLook.hurry();
    const deadline = monotonicMs() + HAND_OUT_MS;
    do await setTimeout(HAND_OUT_POLL_MS);
    while (this.#isBusy && monotonicMs() < deadline);
  }

  get #isBusy(): boolean {
    return (
      [...this.#ports.values()].some((port) => port.isBusy) ||
      [...this.#takers].some(({ given }) => given !== undefined)
    );
  }

  #take(child: ChildProcess, message: ClusterMessage, connection: Connection): boolean {
    // As if taken: what Node then closes is ours.
    connection.close = () => undefined;
    child.emit('internalMessage', { cmd: CLUSTER, ack: message.seq, accepted: true });
    Reflect.deleteProperty(connection, 'close');

    const peer = peerOf(connection);
    if (peer.kind === 'gone') {
      connection.close();
      return true;
    }
    const go = (client: Client): void => this.#hand({ message, connection, client, refusedBy: new Set() });
    if (this.#reading === undefined) go(clientAt(peer.address));
    else this.#read(this.#reading, connection, peer.address, go);
    return true;
  }

  #read(
    { firstLook, wanted, onUnreadable }: Reading,
    connection: Connection,
    peer: string | undefined,
    go: (client: Client) => void,
  ): void {
    firstLook.at(connection, (found) => {
      switch (found.kind) {
        case 'gone':
          return connection.close();
        case 'unreadable':
          onUnreadable(found.protocol);
          return go(clientAt(peer));
        case 'nothing':
          return go(clientAt(peer));
        case 'read':
          return go(clientOf(found, peer, wanted));
      }
    });
  }

  #hand(waiting: Waiting): void {
    const port = this.#ports.get(waiting.message.key ?? '');
    // With its last listener Node has closed the port.
    if (port === undefined) return waiting.connection.close();
    const taker = port.enqueue(waiting);
    if (taker !== undefined) return this.#giveNext(taker, port);
    waiting.refusedBy.clear();
    void setTimeout(AGAIN_MS).then(() => this.#hand(waiting));
  }

  #giveNext(taker: Taker, port: StickyPort): void {
    if (taker.given !== undefined) return;
    const waiting = port.nextFor(taker);
    if (waiting === undefined) return;
    this.#handed += 1;
    const seq = `eggcup:${this.#handed}`; // Node's own are numbers.
    taker.given = { seq, waiting };
    taker.send({ ...waiting.message, seq }, waiting.connection, undefined, (error: Error | null) => {
      if (error !== null) this.#answered(taker, seq, false);
    });
  }

  #answered(taker: Taker, ack: number | string | undefined, isTaken: boolean): void {
    const { given } = taker;
    if (given === undefined || given.seq !== ack) return;
    taker.given = undefined;
    const { waiting } = given;
    if (isTaken) waiting.connection.close();
    else {
      waiting.refusedBy.add(taker);
      this.#hand(waiting);
    }
    for (const port of this.#ports.values()) this.#giveNext(taker, port);
  }

  #listens(taker: Taker, key: string): void {
    const port = this.#ports.get(key) ?? new StickyPort(this.#maxQueue);
    this.#ports.set(key, port);
    port.add(taker);
    this.#giveNext(taker, port);
  }

  #leaves(taker: Taker, key: string): void {
    const port = this.#ports.get(key);
    if (port === undefined) return;
    const left = port.remove(taker);
    if (port.isClosed) this.#ports.delete(key);
    for (const waiting of left) this.#hand(waiting);
    // Its predecessor, or its successor, has its clients now.
    for (const other of this.#takers) this.#giveNext(other, port);
  }
}
