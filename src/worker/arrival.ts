/** What the master says to this process from its arrival at the gate until there is somebody else to hear it. */
export class Arrival {
  /** What nobody has heard yet. */
  readonly said: unknown[] = [];
  readonly #hear = (raw: unknown): unknown => this.said.push(raw);

  constructor() {
    process.on('message', this.#hear);
  }

  /** From now on all is heard by those who listen; those who began only after `earlier` hear what was said meanwhile. */
  end(earlier: readonly NodeJS.MessageListener[]): void {
    process.off('message', this.#hear);
    const late = process.listeners('message').filter((listener) => !earlier.includes(listener));
    for (const raw of this.said.splice(0)) for (const listener of late) listener(raw, undefined);
  }
}
