import type { RssSamples } from '../process/rss-samples.js';

export interface Exit {
  readonly slot: string;
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
}

export interface PostMortemOptions {
  /** How many processes of this container the kernel has killed for memory. */
  readonly oomKills: () => number | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly rss: RssSamples;
}

const EXITS_KEPT = 10;
const ERROR_LINES_KEPT = 10;
const MIB = 2 ** 20;

/** Keeps what the last words of a master will need: how its processes ended, and the last error. */
export class PostMortem {
  readonly #options: PostMortemOptions;
  readonly #exits: string[] = [];
  #lastError: string | undefined;
  #oomKills: number;

  constructor(options: PostMortemOptions) {
    this.#options = options;
    this.#oomKills = options.oomKills() ?? 0;
  }

  /** Oldest first. */
  get exits(): readonly string[] {
    return this.#exits;
  }

  /** Its first lines. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  noteError(text: string): void {
    this.#lastError = text.split('\n').slice(0, ERROR_LINES_KEPT).join('\n');
  }

  /** Takes an exit down. Returns its cause where the kernel tells one: `out of memory (limit 256.0 MiB, …)`. */
  noteExit({ slot, pid, code, signal }: Exit): string | undefined {
    const cause = this.#causeOf(pid, signal);
    const how = signal === null ? `code ${code}` : signal;
    const told = cause === undefined ? how : `${how} by the kernel, ${cause}`;
    this.#exits.push(`${new Date().toISOString()} ${slot} (pid ${pid}): ${told}`);
    if (this.#exits.length > EXITS_KEPT) this.#exits.shift();
    return cause;
  }

  /** Each count of the kernel's stands for one SIGKILL: a plain one leaves it as it is. */
  #causeOf(pid: number, signal: string | null): string | undefined {
    const seen = this.#options.rss.takeLast(pid);
    if (signal !== 'SIGKILL' || (this.#options.oomKills() ?? 0) <= this.#oomKills) return undefined;
    this.#oomKills += 1;
    const { memoryLimitBytes: limit } = this.#options;
    const facts = [
      ...(limit === undefined ? [] : [`limit ${mebibytes(limit)}`]),
      ...(seen === undefined ? [] : [`last seen at ${mebibytes(seen)}`]),
    ];
    return facts.length === 0 ? 'out of memory' : `out of memory (${facts.join(', ')})`;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
