import type { RollResult, State } from '../supervisor/model.js';

interface Waiting {
  /** How many rolls end until then. */
  ends: number;
  readonly tell: (result: RollResult | undefined) => void;
}

/** For who has asked for a roll and waits for its end. */
export class RollWatch {
  #last: RollResult | undefined;
  readonly #waiting = new Set<Waiting>();

  /** Sees every state, in order. */
  observe({ phase, lastRoll }: State): void {
    const isOver = phase.kind === 'stopping' || phase.kind === 'exited';
    if (lastRoll !== this.#last) for (const one of this.#waiting) one.ends -= 1;
    this.#last = lastRoll;
    for (const one of this.#waiting) {
      if (!isOver && one.ends > 0) continue;
      this.#waiting.delete(one);
      one.tell(one.ends > 0 ? undefined : lastRoll);
    }
  }

  /** How the roll ends that was just asked for: this one, or the one after it. `undefined` when the cluster stops before. */
  endOf({ roll, lastRoll }: State): Promise<RollResult | undefined> {
    if (roll === undefined) return Promise.resolve(lastRoll); // Not even begun: the kernel refused to fork.
    return new Promise((tell) => this.#waiting.add({ ends: roll.next === undefined ? 1 : 2, tell }));
  }
}
