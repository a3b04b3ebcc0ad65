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
  /** Of each app worker; `undefined` where V8 decides. */
  readonly heapLimitBytes: number | undefined;
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

  /** Takes an exit down. Returns its cause where one is known: `out of memory (limit 256.0 MiB, …)`. */
  noteExit({ slot, pid, code, signal }: Exit): string | undefined {
    const seen = this.#options.rss.takeLast(pid);
    const killed = signal === 'SIGKILL' && this.#isOomKill() ? this.#outOfMemory(seen) : undefined;
    const cause = killed ?? (isAbort(code, signal) ? this.#aborted(slot, seen) : undefined);
    const how = signal === null ? `code ${code}` : signal;
    const by = killed === undefined ? '' : ' by the kernel';
    this.#exits.push(
      `${new Date().toISOString()} ${slot} (pid ${pid}): ${how}${cause === undefined ? '' : `${by}, ${cause}`}`,
    );
    if (this.#exits.length > EXITS_KEPT) this.#exits.shift();
    return cause;
  }

  /** Each count of the kernel's stands for one SIGKILL: a plain one leaves it as it is. */
  #isOomKill(): boolean {
    if ((this.#options.oomKills() ?? 0) <= this.#oomKills) return false;
    this.#oomKills += 1;
    return true;
  }

  #outOfMemory(seen: number | undefined): string {
    const { memoryLimitBytes: limit } = this.#options;
    return withFacts('out of memory', [...fact('limit', limit), ...fact('last seen at', seen)]);
  }

  /** V8 tells nobody but standard error why it aborts. Almost always it is the end of a heap. */
  #aborted(slot: string, seen: number | undefined): string {
    const heap = slot === 'agent' ? undefined : this.#options.heapLimitBytes;
    const facts = [...fact('heap limit', heap), ...fact('last seen at', seen)];
    if (heap !== undefined && seen !== undefined && seen >= heap)
      return withFacts('JavaScript heap out of memory', facts);
    return withFacts(
      'it has aborted itself; standard error says why (V8 at the end of its heap, or a native addon)',
      facts,
    );
  }
}

/** abort(3), as V8 does at its heap limit; through a shell its 128+6. */
function isAbort(code: number | null, signal: string | null): boolean {
  return signal === 'SIGABRT' || code === 134;
}

function withFacts(what: string, facts: readonly string[]): string {
  return facts.length === 0 ? what : `${what} (${facts.join(', ')})`;
}

function fact(name: string, bytes: number | undefined): readonly string[] {
  return bytes === undefined ? [] : [`${name} ${(bytes / MIB).toFixed(1)} MiB`];
}
