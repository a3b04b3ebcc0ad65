import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { setInterval as every, setTimeout as after } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { contentTypeOf, endStream, isStandingStream } from './event-stream.js';
import { Handshakes } from './handshakes.js';
import { Http2Sessions } from './http2-sessions.js';
import { sayClose } from './last-response.js';
import { OpenServers, isHttp2 } from './open-servers.js';
import { eachRequest } from './requests.js';
import { UpgradedConnections } from './upgraded-connections.js';
import { monotonicMs } from '../monotonic.js';

/** How long a connection without a request is waited for: one may be on its way. */
const ON_ITS_WAY_MS = 500;
/** How long the other side may take to end a connection that this one has ended. */
const END_MS = 1000;
const POLL_MS = 5;

/** `ending`: serves on, but tells clients to leave. `settled`: what is idle now has nothing on its way. */
type Stage = 'serving' | 'ending' | 'draining' | 'settled';

/** The servers of this process, and how they are drained. */
export class Servers {
  readonly #servers = new OpenServers();
  /** Connections of HTTP/1, as their requests see them (decrypted). */
  readonly #sockets = new Set<Socket>();
  /** Connections that are not that far. */
  readonly #handshakes = new Handshakes();
  readonly #upgraded = new UpgradedConnections();
  readonly #http2 = new Http2Sessions();
  /** Of each connection in the order of its requests: a client may send the next before it has an answer. */
  readonly #inFlight = new Map<Socket, Set<ServerResponse>>();
  /** Node's own `closeIdleConnections` of HTTP servers. */
  readonly #closeIdleOf = new WeakMap<Server, () => void>();
  /** Those that will say `Connection: close`. */
  readonly #announced = new WeakSet<ServerResponse>();
  #stage: Stage = 'serving';
  #drained: Promise<void> | undefined;
  #idle: () => void = () => undefined;
  readonly #drainMs: number;

  /** `drainMs`: what a drain may take before what is still open is cut off. */
  constructor(drainMs: number) {
    this.#drainMs = drainMs;
  }

  get areDraining(): boolean {
    return this.#stage === 'draining' || this.#stage === 'settled';
  }

  get areListening(): boolean {
    return this.#servers.areListening;
  }

  /** Follows the connections and requests of a server that is about to listen. */
  watch(server: Server): void {
    if (!this.#servers.add(server)) return;
    const connection = isTls(server) ? 'secureConnection' : 'connection';
    if (isTls(server)) this.#handshakes.watch(server);
    server.on('session', (session: ServerHttp2Session) => this.#http2.follow(session));
    if (!speaksHttp1(server)) return;
    server.on(connection, (socket: Socket) => {
      if ((socket as TLSSocket).alpnProtocol !== 'h2') this.#followSocket(socket);
    });
    this.#upgraded.watch(server, (socket) => this.#sockets.delete(socket));
    eachRequest(server, ({ socket }, response) => this.#follow(socket, response));
    this.#spareBusyConnections(server);
  }

  /** The `listen` of a server that is watched has thrown. */
  gaveUp(server: Server): void {
    this.#servers.gaveUp(server);
  }

  /** Serves on, while every response says `Connection: close` from now on. */
  announceEnd(): void {
    if (this.#stage === 'serving') this.#stage = 'ending';
    this.#http2.announceEnd();
    for (const [socket, responses] of this.#inFlight)
      for (const response of responses) this.#announceClose(socket, response);
  }

  /**
   * Stops accepting, lets every open request finish, and resolves when all servers are closed. Responses say
   * `Connection: close` from now on; upgraded connections and standing event streams are told to end. Bounded by the master's
   * SIGKILL. Once, whoever asks.
   */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  /** Ends a connection with this response, after those that were asked for in front of it. */
  closeAfter(response: ServerResponse): void {
    this.#announceClose(response.req.socket, response);
  }

  async #drain(): Promise<void> {
    this.#stage = 'draining';
    this.#servers.closeAll();
    this.announceEnd();
    const cut = after(() => this.#upgraded.destroy(), this.#drainMs);
    const endingStreams = every(() => this.#endStandingStreams(), POLL_MS);
    this.#upgraded.end();
    await this.#servers.allOpened();
    await this.#settle();
    this.#stage = 'settled';
    await this.#allAnswered();
    await this.#endConnections();
    await this.#servers.allClosed();
    clearInterval(endingStreams);
    clearTimeout(cut);
  }

  /** Those that begin only now are met too. */
  #endStandingStreams(): void {
    this.#http2.endStandingStreams();
    for (const responses of this.#inFlight.values())
      for (const response of responses)
        if (!response.writableEnded && isStandingStream(response.req.method, contentTypeOf(response)))
          endStream(response);
  }

  /**
   * What is open now has no request: half a request's head, or one that came this late, which gets its answer. Who does not
   * answer is cut off.
   */
  async #endConnections(): Promise<void> {
    for (const socket of this.#sockets) if (!this.#inFlight.has(socket)) socket.end();
    let deadline = monotonicMs() + END_MS;
    while (this.#sockets.size + this.#handshakes.size > 0 && monotonicMs() < deadline) {
      await setTimeout(POLL_MS);
      if (this.#inFlight.size > 0) deadline = monotonicMs() + END_MS;
    }
    for (const socket of this.#sockets) socket.destroy();
    this.#handshakes.destroy();
  }

  /**
   * Node takes a connection for idle when it has read no request on it, and `close()` ends it, while its next (or first)
   * request is on its way: one was lost in about every second restart of a busy worker. A busy connection ends
   * by `Connection: close` instead. Here and for whoever else closes the server (egg's `graceful`).
   */
  #spareBusyConnections(server: HttpServer): void {
    const closeIdle = server.closeIdleConnections.bind(server);
    this.#closeIdleOf.set(server, closeIdle);
    server.closeIdleConnections = () =>
      void this.#settle()
        .then(() => this.#allSent())
        .then(closeIdle);
  }

  /** Waits until each connection has a response that ends it, or has had its time to get one. */
  async #settle(): Promise<void> {
    const deadline = monotonicMs() + ON_ITS_WAY_MS;
    while (this.#hasWaiting() && monotonicMs() < deadline) await setTimeout(POLL_MS);
  }

  async #allSent(): Promise<void> {
    while (this.#hasUnsent()) await setTimeout(POLL_MS);
  }

  /**
   * Node takes a connection for idle as well when its response is written but not sent yet: it would be cut, and so would the
   * request that waits behind it.
   */
  #hasUnsent(): boolean {
    return [...this.#inFlight.values()].some((responses) => [...responses].some((response) => response.writableEnded));
  }

  #hasWaiting(): boolean {
    if (this.#handshakes.size > 0) return true;
    for (const socket of this.#sockets) {
      // After a head that was sent without it the next request may come before this one's end is noticed here.
      const responses = [...(this.#inFlight.get(socket) ?? [])];
      if (!responses.some((response) => this.#announced.has(response))) return true;
    }
    return false;
  }

  #followSocket(socket: Socket): void {
    follow(this.#sockets, socket);
    // Only the response whose turn it is hears of the end of its connection.
    socket.once('close', () => this.#answered(socket));
  }

  #follow(socket: Socket, response: ServerResponse): void {
    const responses = this.#inFlight.get(socket) ?? new Set();
    this.#inFlight.set(socket, responses.add(response));
    if (this.#stage !== 'serving') this.#announceClose(socket, response);
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0) this.#answered(socket);
      else if (this.#stage === 'settled') this.#closeIdle();
    });
  }

  #answered(socket: Socket): void {
    this.#inFlight.delete(socket);
    if (this.#stage === 'settled') this.#closeIdle();
    if (this.#inFlight.size === 0) this.#idle();
  }

  #announceClose(socket: Socket, response: ServerResponse): void {
    if (response.headersSent || this.#announced.has(response)) return;
    this.#announced.add(response);
    sayClose(response, () => [...(this.#inFlight.get(socket) ?? [])].at(-1) === response);
  }

  #allAnswered(): Promise<void> {
    this.#closeIdle();
    return new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#inFlight.size === 0) resolve();
    });
  }

  /** What is left is closed with the next response's end. */
  #closeIdle(): void {
    if (this.#hasUnsent()) return;
    for (const server of this.#servers) this.#closeIdleOf.get(server)?.();
  }
}

function follow<T extends { once(event: 'close', listener: () => void): unknown }>(set: Set<T>, item: T): void {
  set.add(item);
  item.once('close', () => set.delete(item));
}

/**
 * By what it can do, so that no protocol is loaded that the application doesn't use. Of http2 those that may have HTTP/1 clients
 * too (`allowHTTP1`), but not one that nobody has asked for requests: a listener would make it answer to streams.
 */
export function speaksHttp1(server: Server): server is HttpServer {
  return 'closeIdleConnections' in server && (!isHttp2(server) || server.listenerCount('request') > 0);
}

export function isTls(server: Server): boolean {
  return 'setSecureContext' in server;
}
