import { errorMonitor } from 'node:events';
import { Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const POLL_MS = 5;

/** The servers of this process from their `listen` to their `close` event. */
export class OpenServers {
  readonly #watched = new WeakSet<Server>();
  readonly #all = new Set<Server>();
  /** Those that have been asked to listen, and do not yet. */
  readonly #opening = new Set<Server>();
  /** Those that were closed here, and still have connections. */
  readonly #closing = new Set<Server>();
  #mayOpen = true;

  [Symbol.iterator](): Iterator<Server> {
    return this.#all.values();
  }

  get areListening(): boolean {
    return [...this.#all].some((server) => server.listening);
  }

  /** To be called before its `listen`. Returns whether the server is new here; it may listen a second time. */
  add(server: Server): boolean {
    this.#all.add(server);
    // What listens already refuses to do it again.
    if (!server.listening) this.#opening.add(server);
    if (this.#watched.has(server)) return false;
    this.#watched.add(server);
    server.on('listening', () => {
      this.#opening.delete(server);
      if (!this.#mayOpen) this.#close(server);
    });
    server.on(errorMonitor as unknown as 'error', () => this.#opening.delete(server)); // The types of net know no symbols.
    server.on('close', () => {
      this.#all.delete(server);
      this.#opening.delete(server);
    });
    return true;
  }

  /** Its `listen` has thrown: nothing more comes of it. */
  gaveUp(server: Server): void {
    this.#opening.delete(server);
  }

  /** Closes those that listen, and each that is about to as soon as it does. */
  closeAll(): void {
    this.#mayOpen = false;
    for (const server of this.#all) if (server.listening) this.#close(server);
  }

  /** Waits for those that are about to listen: the master gives connections to them as soon as it may. */
  async allOpened(): Promise<void> {
    while (this.#opening.size > 0) await setTimeout(POLL_MS);
  }

  /** Waits until those that were closed have no connection left. */
  async allClosed(): Promise<void> {
    while (this.#closing.size > 0) await setTimeout(POLL_MS);
  }

  #close(server: Server): void {
    this.#closing.add(server);
    close(server, () => this.#closing.delete(server));
  }
}

function close(server: Server, closed: () => void): void {
  // Since Node 24 that of an HTTP/2 server closes its sessions, and so refuses requests that are on their way.
  if (isHttp2(server)) Reflect.apply(Reflect.get(Server.prototype, 'close'), server, [closed]);
  else server.close(closed);
}

/** By what it can do, so that no protocol is loaded that the application doesn't use. */
export function isHttp2(server: Server): boolean {
  return 'updateSettings' in server;
}
