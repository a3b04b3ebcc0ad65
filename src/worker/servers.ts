import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** How long a connection on which nothing has come yet is waited for: its request may be on its way. */
const FIRST_BYTE_MS = 500;
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
  #draining = false;
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
    this.#spareNewConnections(server);
  }

  /**
   * Stops accepting, lets every open request finish, and resolves when all servers are closed. Responses say
   * `Connection: close` from now on; connections that were upgraded are ended. Bounded by the master's SIGKILL.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    const closed = [...this.#servers].filter(({ listening }) => listening).map((server) => close(server));
    for (const session of this.#sessions) session.close();
    for (const response of this.#inFlight) announceClose(response);
    await this.#firstBytes();
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
   * Node takes a connection for idle whose first request it hasn't read yet, and `close()` ends it: a request was lost
   * in about every second restart of a busy worker. Here and for whoever else closes the server (egg's `graceful`).
   */
  #spareNewConnections(server: HttpServer): void {
    const closeIdle = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => {
      if (this.#hasSilent()) void this.#firstBytes().then(closeIdle);
      else closeIdle();
    };
  }

  async #firstBytes(): Promise<void> {
    const deadline = performance.now() + FIRST_BYTE_MS;
    while (this.#hasSilent() && performance.now() < deadline) await setTimeout(POLL_MS);
  }

  #hasSilent(): boolean {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) return true;
    return false;
  }

  #follow(response: ServerResponse): void {
    this.#inFlight.add(response);
    if (this.#draining) announceClose(response);
    response.once('close', () => {
      this.#inFlight.delete(response);
      if (this.#draining) this.#closeIdle();
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
    for (const server of this.#servers) if (isHttpServer(server)) server.closeIdleConnections();
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
