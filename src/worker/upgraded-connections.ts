import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UpgradedConnection } from './web-socket.js';

/** Connections that an application has taken over from HTTP/1: upgraded (WebSocket), or tunnels (CONNECT). */
export class UpgradedConnections {
  readonly #open = new Set<UpgradedConnection>();
  #isEnding = false;

  /** `taken` is told of each connection that speaks HTTP no more. */
  watch(server: Server, taken: (socket: Socket) => void): void {
    const emit = server.emit.bind(server) as (...args: readonly unknown[]) => boolean;
    // A listener would be one too many: Node asks whether there are any.
    server.emit = (event: string, ...args: readonly unknown[]) => {
      if (event === 'upgrade' || event === 'connect') {
        const [request, stream] = args as [IncomingMessage, Duplex];
        // HTTP/2 has a `connect` of its own, with another thing in its place.
        if (request.httpVersionMajor === 1) {
          taken(request.socket);
          this.#follow(stream, event);
        }
      }
      return emit(event, ...args);
    };
  }

  /** A close frame for each WebSocket as soon as it is between two frames; an end for the others. */
  end(): void {
    this.#isEnding = true;
    for (const connection of this.#open) connection.end();
  }

  destroy(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #follow(stream: Duplex, asked: 'upgrade' | 'connect'): void {
    const connection = new UpgradedConnection(stream, asked);
    this.#open.add(connection);
    stream.once('close', () => this.#open.delete(connection));
    if (this.#isEnding) connection.end();
  }
}
