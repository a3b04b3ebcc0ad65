import { writeLine } from './write-line.js';

const LEVELS = { fatal: 0, warn: 1, info: 2, debug: 3 } as const;

/** Lines for people on standard error, in tini's form: what is on standard output is the command's. */
export class Voice {
  readonly #verbosity: number;

  constructor(verbosity: number) {
    this.#verbosity = verbosity;
  }

  say(level: keyof typeof LEVELS, text: string): void {
    if (LEVELS[level] > this.#verbosity) return;
    writeLine(2, `[${level.toUpperCase().padEnd(5)} eggcup (${process.pid})] ${text}`);
  }
}
