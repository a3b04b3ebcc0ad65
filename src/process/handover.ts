import type { ChildProcess } from 'node:child_process';
import { setTimeout as later } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import type { Connection } from './connection.js';
import { monotonicMs } from '../monotonic.js';

/** Of what Node's cluster module and its half in a worker say to each other, what tells of connections and listeners. */
export interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number | string;
  readonly ack?: number | string;
  readonly accepted?: boolean;
  /** Whose is the port that the worker listens on. */
  readonly key?: string;
  readonly errno?: number | null;
}

export type Send = (message: unknown, handle?: unknown, ...others: unknown[]) => boolean;

export const CLUSTER = 'NODE_CLUSTER';

/** So long a stop waits for connections that are on their way to a worker. */
export const HAND_OUT_MS = 500;
export const HAND_OUT_POLL_MS = 2;

/** A worker without a free descriptor is asked again after so long, where nobody else can take the connection. */
const REFUSED_MS = 100;

interface Handed {
  readonly key: string;
  readonly connection: Connection;
  /** Who listens on its port. A port that is closed and opened again has others. */
  readonly listeners: Set<ChildProcess>;
}

/**
 * The connections that Node's round robin has handed to a worker (`newconn`) and that the worker has not taken yet. When it dies
 * before, Node waits for its word for ever, and so does the client. Here the word is given in its place, "not
 * accepted", and Node hands the connection to another worker. Where Node says it in other words, nothing happens.
 */
export class Handover {
  /** By the port's key, who listens. */
  readonly #listeners = new Map<string, Set<ChildProcess>>();
  /** Handed to a worker that has not said yet whether it takes them. */
  #onTheirWay = 0;

  /** Follows an app worker; to be called before it can listen. */
  follow(child: ChildProcess): void {
    const untaken = new Map<number | string, Handed>();
    const send = child.send.bind(child) as Send;
    child.send = (message: ClusterMessage, handle?: unknown, ...others: unknown[]) => {
      if (message.cmd === CLUSTER && message.key !== undefined) {
        const { act, seq, key, errno } = message;
        if (act === 'newconn' && seq !== undefined) {
          untaken.set(seq, { key, connection: handle as Connection, listeners: this.#listenersOn(key) });
          this.#onTheirWay += 1;
        }
        // The answer to a worker that has asked to listen.
        if (act === undefined && !errno) this.#listenersOn(key).add(child);
      }
      return send(message, handle, ...others);
    };

    // After Node's own listener, which has found another worker by then, where there is one.
    child.on('internalMessage', ({ cmd, act, ack, accepted, key }: ClusterMessage) => {
      // It had no descriptor left to receive the one that is on its way, and Node asks nobody else.
      if (cmd === 'NODE_HANDLE_NACK') refuse();
      if (cmd !== CLUSTER) return;
      if (act === 'close' && key !== undefined) this.#leave(key, child);
      const handed = ack === undefined ? undefined : untaken.get(ack);
      if (ack === undefined || handed === undefined) return;
      untaken.delete(ack);
      this.#onTheirWay -= 1;
      // With its last listener the port is closed: Node would keep the connection, and nobody ever come for it.
      if (accepted !== true && handed.listeners.size === 0) handed.connection.close();
    });

    const refused = new Set<number | string>();
    const refuse = (): void => {
      // One is on its way at a time, and those before it were answered, or refused as well: a worker may have several ports.
      const seq = [...untaken.keys()].find((one) => !refused.has(one));
      if (seq === undefined) return;
      refused.add(seq);
      const answer = (): void => {
        refused.delete(seq);
        if (untaken.has(seq)) child.emit('internalMessage', { cmd: CLUSTER, ack: seq, accepted: false });
      };
      later(answer, REFUSED_MS).unref();
    };
    whenChannelEnds(child, () => {
      for (const [key, listeners] of this.#listeners) if (listeners.has(child)) tellClosed(child, key);
      for (const seq of untaken.keys()) child.emit('internalMessage', { cmd: CLUSTER, ack: seq, accepted: false });
    });
  }

  /**
   * All workers are about to end, and nobody will be there to take what they don't. Resolves when those have their connections that were
   * here, accepted or not yet: after a turn of the event loop, and with the workers' word; or when they were waited for long enough.
   */
  async handOutAll(): Promise<void> {
    const deadline = monotonicMs() + HAND_OUT_MS;
    do await setTimeout(HAND_OUT_POLL_MS);
    while (this.#onTheirWay > 0 && monotonicMs() < deadline);
  }

  #leave(key: string, child: ChildProcess): void {
    const listeners = this.#listeners.get(key);
    listeners?.delete(child);
    // A worker may listen on ever new ports.
    if (listeners?.size === 0) this.#listeners.delete(key);
  }

  #listenersOn(key: string): Set<ChildProcess> {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    return listeners;
  }
}

/**
 * Node tells of a channel's end only when no handle is on its way: it waits for the word of who got it, which does not come any more, and
 * meanwhile hands connections to it that nobody gets. `end` is called at once, and again when the process has exited; `disconnect`
 * follows as it does otherwise.
 */
export function whenChannelEnds(child: ChildProcess, end: () => void): void {
  const disconnect = child.disconnect.bind(child);
  const endIfClosed = (): void => {
    // Its last words, a connection taken, are still to be read.
    if (!child.connected) end();
  };
  child.disconnect = () => {
    disconnect();
    endIfClosed();
    const isHeldBack = !child.connected && child.channel !== null;
    if (isHeldBack) child.emit('internalMessage', { cmd: 'NODE_HANDLE_ACK' });
  };
  child.once('exit', endIfClosed);
}

/** Says to Node in a worker's place that it has closed its server on a port: no connection of it is handed to the worker any more. */
export function tellClosed(child: ChildProcess, key: string): void {
  child.emit('internalMessage', { cmd: CLUSTER, act: 'close', key });
}
