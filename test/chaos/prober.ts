import { get } from 'node:http';
import type { Probe } from './observation.js';

const EVERY_MS = 150;
const ANSWER_MS = 1000;

/** Asks the health endpoints what they have to say, one request after the other. */
export class Prober {
  readonly probes: Probe[] = [];
  readonly #port: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;

  constructor(port: number, now: () => number) {
    this.#port = port;
    this.#now = now;
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const at = this.#now();
    this.probes.push({ at, answer: await answerOf(this.#port) });
    this.#isAsking = false;
  }
}

/** The status code and the body; `undefined` when nobody answered. */
function answerOf(port: number): Promise<Probe['answer']> {
  return new Promise((resolve) => {
    const outgoing = get({ host: '127.0.0.1', port, path: '/status', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
      response.on('error', () => resolve(undefined));
    });
    outgoing.setTimeout(ANSWER_MS, () => outgoing.destroy());
    outgoing.on('error', () => resolve(undefined));
  });
}
