import type { RssSamples } from '../process/rss-samples.js';
import { monotonicMs } from '../monotonic.js';

export interface Exit {
  readonly slot: string;
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** The master itself has sent it SIGKILL. */
  readonly isKilled: boolean;
  /** The limit of its heap that it was started with; `undefined` where V8 decides. */
  readonly heapMiB: number | undefined;
}

export interface PostMortemOptions {
  /** How many processes of this container the kernel has killed for memory. */
  readonly oomKills: () => number | undefined;
  readonly memoryLimitBytes: () => number | undefined;
  readonly rss: RssSamples;
}

const EXITS_KEPT = 10;
const ERROR_LINES_KEPT = 10;
const MIB = 2 ** 20;
const LOOK_MS = 1000;
/** The kernel counts before it kills; a big process takes its time to end. */
const CLAIM_MS = 10_000;

/** Keeps what the last words of a master will need: how its processes ended, and the last error. */
export class PostMortem {
  readonly #options: PostMortemOptions;
  readonly #exits: string[] = [];
  #lastError: string | undefined;
  #oomKills: number;
  /** The count as it was last seen, and since when. */
  #seen: { readonly count: number; readonly at: number };
  readonly #timer: NodeJS.Timeout;

  constructor(options: PostMortemOptions) {
    this.#options = options;
    this.#oomKills = options.oomKills() ?? 0;
    this.#seen = { count: this.#oomKills, at: monotonicMs() };
    this.#timer = setInterval(() => this.look(monotonicMs()), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What nobody's end has claimed was for a process that is not the master's child (a worker's helper): it explains no later SIGKILL. */
  look(at: number): void {
    const count = this.#options.oomKills() ?? 0;
    if (count !== this.#seen.count) this.#seen = { count, at };
    else if (at - this.#seen.at >= CLAIM_MS) this.#oomKills = count;
  }

  /** Oldest first. */
  get exits(): readonly string[] {
    return this.#exits;
  }

  /** When and where, and its first lines: it may be older than what ends the master. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  noteError({ slot, pid }: { readonly slot: string; readonly pid: number }, text: string): void {
    const lines = text.split('\n').slice(0, ERROR_LINES_KEPT).join('\n');
    this.#lastError = `${new Date().toISOString()} ${slot} (pid ${pid}): ${lines}`;
  }

  /** Takes an exit down. Returns its cause where one is known: `out of memory (limit 256.0 MiB, …)`. */
  noteExit({ slot, pid, code, signal, isKilled, heapMiB }: Exit): string | undefined {
    const seen = this.#options.rss.takeLast(pid);
    const killed = signal === 'SIGKILL' && !isKilled && this.#isOomKill() ? this.#outOfMemory(seen) : undefined;
    const cause = killed ?? (isAbort(code, signal) ? this.#aborted(heapMiB, seen) : undefined);
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
    const limit = this.#options.memoryLimitBytes();
    return withFacts('out of memory', [...fact('limit', limit), ...fact('last seen at', seen)]);
  }

  /** V8 tells nobody but standard error why it aborts. Almost always it is the end of a heap. */
  #aborted(heapMiB: number | undefined, seen: number | undefined): string {
    const heap = heapMiB === undefined ? undefined : heapMiB * MIB;
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
