import { Agent, get } from 'node:http';
import type { TrafficSeen } from './observation.js';

const EVERY_MS = 50;
/** They take turns, on connections that they share. */
const CLIENTS = 7;
/** Longer than a worker that is told to end may take for its last answer. */
const HANGS_MS = 5000;

/** Requests to an application that may not be there, and what becomes of them. */
export class Traffic {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  readonly #lost: TrafficSeen['lost'][number][] = [];
  #answered = 0;
  #sent = 0;

  constructor(port: number, now: () => number) {
    this.#now = now;
    this.#timer = setInterval(() => {
      this.#sent += 1;
      this.#ask(port, this.#sent % 5 === 0 ? '/slow' : '/');
    }, EVERY_MS);
  }

  get seen(): TrafficSeen {
    return { answered: this.#answered, lost: this.#lost };
  }

  end(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #ask(port: number, path: string): void {
    const sentAt = this.#now();
    const lose = (error: Error): void => void this.#lost.push({ sentAt, at: this.#now(), path, why: error.message });
    const headers = { 'x-client': String(this.#sent % CLIENTS) };
    const request = get({ host: '127.0.0.1', port, path, headers, agent: this.#agent }, (response) => {
      response.on('end', () => (this.#answered += 1));
      response.on('error', lose);
      response.resume();
    });
    request.setTimeout(HANGS_MS, () => request.destroy(new Error(`no answer in ${HANGS_MS} ms`)));
    request.on('error', lose);
  }
}
