import { createServer, type Server, type Socket } from 'node:net';
import { type Answerer, Connection } from './connection.js';

export interface ControlServerOptions {
  /** Where nothing is, in a folder that this user may write to. */
  readonly path: string;
  readonly answer: Answerer;
  readonly onListening: () => void;
  /** Hears why it does not listen, or what went wrong with a connection. The cluster runs on. */
  readonly onTrouble: (error: unknown) => void;
}

const MAX_CONNECTIONS = 64;

/** The control socket (docs/control.md), in the master: whoever may connect, which is this user, may ask. */
export class ControlServer {
  readonly #server: Server;
  readonly #options: ControlServerOptions;
  readonly #connections = new Set<Connection>();

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    // What is left by `nc -U` after it has said all it had to say still gets its answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#welcome(socket));
    this.#server.on('error', options.onTrouble).once('listening', options.onListening).unref();
  }

  static listen(options: ControlServerOptions): ControlServer {
    const control = new ControlServer(options);
    // bind(2) makes the file, with what the umask leaves (a default ACL as well); Node calls it at once. A chmod would come too late.
    const umask = process.umask(0o177);
    try {
      control.#server.listen(options.path);
    } finally {
      process.umask(umask);
    }
    return control;
  }

  /** At once, with every connection; the file goes with it. */
  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.close();
  }

  /** Where there are too many the oldest goes that has nothing to wait for: nobody who holds them keeps another out. */
  #welcome(socket: Socket): void {
    const { answer, onTrouble } = this.#options;
    const oldest = [...this.#connections].find(({ isWaiting }) => !isWaiting);
    if (this.#connections.size >= MAX_CONNECTIONS) {
      if (oldest === undefined) {
        socket.destroy();
        return;
      }
      oldest.close();
      this.#connections.delete(oldest);
    }
    const connection = new Connection(socket, answer, onTrouble);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}
