import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../errors.js';
import { replyTo } from './reply.js';
import type { Snapshot } from './snapshot.js';

export interface HealthServerOptions {
  readonly host: string;
  readonly port: number;
  /** Hears of what went wrong with a connection or an answer. The cluster runs on. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * From its accept to its end: one deadline for everything that a client can be slow at, its request and reading the
 * answer. As long as Prometheus waits by default; nobody honest waits longer.
 */
const CONNECTION_MS = 10_000;
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8192;

/**
 * The health endpoints, in the master: an ordinary server, of which app workers know nothing. Each connection has one
 * request. What is no HTTP gets Node's own 400 or 431.
 */
export class HealthServer {
  readonly #server: Server;
  readonly #onTrouble: (error: unknown) => void;
  readonly #connections = new Set<Socket>();
  readonly #answered = new WeakSet<Socket>();
  #look: (() => Snapshot) | undefined;

  private constructor({ onTrouble }: HealthServerOptions) {
    this.#onTrouble = onTrouble;
    this.#server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) =>
      this.#answer(request, response),
    );
    this.#server.on('connection', (socket) => this.#bound(socket));
  }

  /** Rejects with the system's error when it can't listen there. */
  static listen(options: HealthServerOptions): Promise<HealthServer> {
    const { host, port, onTrouble } = options;
    const health = new HealthServer(options);
    const server = health.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject).on('error', onTrouble); // accept(2) can fail: out of descriptors.
        server.unref();
        resolve(health);
      });
    });
  }

  /** From now on answers come from what `look` returns. */
  show(look: () => Snapshot): void {
    this.#look = look;
  }

  /** At once, with every connection. */
  close(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  /** Where there are too many connections the oldest goes, not the newest: nobody who holds them keeps a probe out. */
  #bound(socket: Socket): void {
    const [oldest] = this.#connections;
    if (this.#connections.size >= MAX_CONNECTIONS) oldest?.destroy();
    this.#connections.add(socket);
    const deadline = setTimeout(() => socket.destroy(), CONNECTION_MS).unref();
    socket.once('close', () => {
      clearTimeout(deadline);
      this.#connections.delete(socket);
    });
  }

  #answer({ method = '', url = '', socket }: IncomingMessage, response: ServerResponse): void {
    // Thousands can be pipelined in one packet. The answer to the first closes the connection.
    if (this.#answered.has(socket)) return;
    this.#answered.add(socket);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Connection', 'close');
    try {
      const { status, type, body, allow } = replyTo(method, url, this.#look?.());
      if (allow !== undefined) response.setHeader('Allow', allow);
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
    } catch (error) {
      this.#onTrouble(error);
      response.writeHead(500).end(messageOf(error));
    }
  }
}
