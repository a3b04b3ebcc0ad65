import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import type { RequestLimit } from '../ipc/protocol.js';
import { sendToMaster } from './channel.js';
import { eachRequest } from './requests.js';

/** Counts the requests of this process' servers, and tells the master when there were enough (`workers.recycle.maxRequests`). */
export class RequestCount {
  readonly #limit: number;
  readonly #watched = new WeakSet<Server>();
  #count = 0;
  #tellAt: number;

  constructor({ max, jitter }: RequestLimit) {
    this.#limit = Math.max(1, Math.round(max * (1 + jitter * (2 * Math.random() - 1))));
    this.#tellAt = this.#limit;
  }

  /** To be called when the server listens: what has no listener then is no request to it. */
  watch(server: Server): void {
    // It may listen a second time.
    if (this.#watched.has(server)) return;
    this.#watched.add(server);
    // A listener of ours where the application has none would change what Node answers.
    if (server.listenerCount('request') > 0) eachRequest(server as HttpServer, () => this.#countOne());
    // Each request of HTTP/2 is one, also where Node makes a `request` of it.
    if (server.listenerCount('stream') > 0) server.on('stream', () => this.#countOne());
  }

  #countOne(): void {
    this.#count += 1;
    if (this.#count < this.#tellAt) return;
    // Again after a tenth: its successor may have failed to start.
    this.#tellAt += Math.ceil(this.#limit / 10);
    void sendToMaster({ eggcup: 'worn', why: `has served ${this.#count} requests` });
  }
}
