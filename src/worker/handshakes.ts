import type { Server, Socket } from 'node:net';

/** Connections to servers of TLS whose handshake is not over: a request may follow. */
export class Handshakes {
  readonly #open = new Set<Socket>();

  get size(): number {
    return this.#open.size;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    server.on('secureConnection', ({ remoteAddress, remotePort }: Socket) => {
      // Node has no public way from the one to the other. (Of a Unix socket one is as good as another: they are counted.)
      const raw = [...this.#open].find(
        (socket) => socket.remotePort === remotePort && socket.remoteAddress === remoteAddress,
      );
      if (raw !== undefined) this.#open.delete(raw);
    });
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
