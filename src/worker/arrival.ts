import type { FromChild } from '../ipc/protocol.js';

/** What the master says to this process from its arrival at the gate until there is somebody else to hear it. */
export class Arrival {
  /** What nobody has heard yet. */
  readonly said: unknown[] = [];
  readonly #hear = (raw: unknown): unknown => this.said.push(raw);

  /** Tells the master that it is heard from now on (docs/adr/0001-gate-handshake.md): while it answers, whoever is to hear it can be loaded. */
  constructor() {
    process.on('message', this.#hear);
    // An error means that the master has gone: the disconnect says so too.
    process.send?.({ eggcup: 'at-gate' } satisfies FromChild, undefined, undefined, () => undefined);
  }

  /** From now on all is heard by those who listen; those who began only after `earlier` hear what was said meanwhile. */
  end(earlier: readonly NodeJS.MessageListener[]): void {
    process.off('message', this.#hear);
    const late = process.listeners('message').filter((listener) => !earlier.includes(listener));
    for (const raw of this.said.splice(0)) for (const listener of late) listener(raw, undefined);
  }
}
