import { writeSync } from 'node:fs';
import { hasCode } from '../errors.js';

const LEVELS = { fatal: 0, warn: 1, info: 2, debug: 3 } as const;

/**
 * Lines for people on standard error, in tini's form: what is on standard output is the command's. Written at once and
 * never by a stream of Node's, which would make a pipe non-blocking that the command shares.
 */
export class Voice {
  readonly #verbosity: number;

  constructor(verbosity: number) {
    this.#verbosity = verbosity;
  }

  say(level: keyof typeof LEVELS, text: string): void {
    if (LEVELS[level] > this.#verbosity) return;
    try {
      writeSync(2, `[${level.toUpperCase().padEnd(5)} eggcup (${process.pid})] ${text}\n`);
    } catch (error) {
      // Nobody reads, or somebody has made the pipe non-blocking and it is full: the command matters more.
      if (!['EPIPE', 'EAGAIN', 'EIO', 'EBADF'].some((code) => hasCode(error, code))) throw error;
    }
  }
}
