import { Agent, get } from 'node:http';

const EVERY_MS = 50;

/** Requests to an application that may not be there: what comes of them is no matter here. */
export class Traffic {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  constructor(port: number) {
    this.#timer = setInterval(() => {
      this.#sent += 1;
      const path = this.#sent % 5 === 0 ? '/slow' : '/';
      get({ host: '127.0.0.1', port, path, agent: this.#agent }, (response) => response.resume()).on(
        'error',
        () => undefined,
      );
    }, EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }
}
