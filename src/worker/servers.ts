import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** How long a connection without a request is waited for: one may be on its way. */
const ON_ITS_WAY_MS = 500;
/** How long the other side may take to end a connection that this one has ended. */
const END_MS = 1000;
const POLL_MS = 5;

/** The servers of this process, and how they are drained. */
export class Servers {
  readonly #servers = new Set<Server>();
  /** Connections of HTTP servers as their requests see them (decrypted), and as the kernel does. */
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #inFlight = new Set<ServerResponse>();
  /** Node's own `closeIdleConnections` of HTTP servers. */
  readonly #closeIdleOf = new WeakMap<Server, () => void>();
  #isEnding = false;
  #draining = false;
  #hasSettled = false;
  #idle: () => void = () => undefined;

  get areDraining(): boolean {
    return this.#draining;
  }

  get areListening(): boolean {
    return [...this.#servers].some((server) => server.listening);
  }

  /** Follows a server's connections and requests from now on. */
  watch(server: Server): void {
    if (this.#servers.has(server)) return;
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    // http2: its sessions are asked to close (GOAWAY), they finish their streams.
    server.on('session', (session: ServerHttp2Session) => follow(this.#sessions, session));
    if (!isHttpServer(server)) return;
    server.on('connection', (socket: Socket) => follow(this.#connections, socket));
    server.on(isTls(server) ? 'secureConnection' : 'connection', (socket: Socket) => follow(this.#sockets, socket));
    server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => this.#follow(response));
    this.#spareBusyConnections(server);
  }

  /** Serves on, while every response says `Connection: close` from now on. */
  announceEnd(): void {
    this.#isEnding = true;
    for (const response of this.#inFlight) announceClose(response);
  }

  /**
   * Stops accepting, lets every open request finish, and resolves when all servers are closed. Responses say
   * `Connection: close` from now on; connections that were upgraded are ended. Bounded by the master's SIGKILL.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    const closed = [...this.#servers].filter(({ listening }) => listening).map((server) => close(server));
    for (const session of this.#sessions) session.close();
    this.announceEnd();
    await this.#settle();
    this.#hasSettled = true;
    await this.#allAnswered();
    await Promise.all([this.#endConnections(), ...closed]);
  }

  /** What is open now has no request: upgraded connections, half a request's head. Who does not answer is cut off. */
  async #endConnections(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    const deadline = performance.now() + END_MS;
    while (this.#connections.size > 0 && performance.now() < deadline) await setTimeout(POLL_MS);
    for (const socket of this.#connections) socket.destroy();
  }

  /**
   * Node takes a connection for idle when it has read no request on it, and `close()` ends it, while its next (or first)
   * request is on its way: one was lost in about every second restart of a busy worker. A busy connection ends
   * by `Connection: close` instead. Here and for whoever else closes the server (egg's `graceful`).
   */
  #spareBusyConnections(server: HttpServer): void {
    // A server may listen a second time.
    const closeIdle = this.#closeIdleOf.get(server) ?? server.closeIdleConnections.bind(server);
    this.#closeIdleOf.set(server, closeIdle);
    server.closeIdleConnections = () => void this.#settle().then(closeIdle);
  }

  /** Waits until each connection has a request, or has had its time to get one. */
  async #settle(): Promise<void> {
    const deadline = performance.now() + ON_ITS_WAY_MS;
    while (this.#hasWaiting() && performance.now() < deadline) await setTimeout(POLL_MS);
  }

  #hasWaiting(): boolean {
    const busy = new Set([...this.#inFlight].map(({ socket }) => socket));
    for (const socket of this.#sockets) if (!busy.has(socket)) return true;
    return false;
  }

  #follow(response: ServerResponse): void {
    this.#inFlight.add(response);
    if (this.#isEnding) announceClose(response);
    response.once('close', () => {
      this.#inFlight.delete(response);
      if (this.#hasSettled) this.#closeIdle();
      if (this.#inFlight.size === 0) this.#idle();
    });
  }

  #allAnswered(): Promise<void> {
    this.#closeIdle();
    return new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#inFlight.size === 0) resolve();
    });
  }

  #closeIdle(): void {
    for (const server of this.#servers) this.#closeIdleOf.get(server)?.();
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

function follow<T extends { once(event: 'close', listener: () => void): unknown }>(set: Set<T>, item: T): void {
  set.add(item);
  item.once('close', () => set.delete(item));
}

/** HTTP/1: by what it can do, so that no protocol is loaded that the application doesn't use. */
function isHttpServer(server: Server): server is HttpServer {
  return 'maxHeadersCount' in server && 'closeIdleConnections' in server;
}

export function isTls(server: Server): boolean {
  return 'setSecureContext' in server;
}
