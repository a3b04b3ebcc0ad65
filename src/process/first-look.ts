import { constants } from 'node:os';
import type { Wanted } from '../sticky/mode.js';
import { type Head, MAX_HEAD_BYTES, readHead } from '../sticky/request-head.js';
import type { Connection } from './connection.js';
import { monotonicMs } from '../monotonic.js';

/** What the first look at a connection has found; `nothing`: it was silent, or too slow. */
export type Found = Exclude<Head, { kind: 'partial' }> | { readonly kind: 'gone' } | { readonly kind: 'nothing' };

/** As long as Node waits for a request's head (`server.headersTimeout`). */
const PATIENCE_MS = 60_000;
const LONGEST_WAIT_MS = 50;
/** See `Native`. */
interface Sockets {
  peekSocket(fd: number, buffer: Buffer): number;
  hasPeerEnded(fd: number): boolean;
}

interface Look {
  readonly connection: Connection;
  readonly until: number;
  readonly found: (found: Found) => void;
  timer: NodeJS.Timeout | undefined;
  /** How many had arrived at the last look. */
  bytes: number;
}

/**
 * Reads the first request's head of connections, and leaves it there for the worker. What has not arrived is looked for again,
 * less and less often: the kernel would tell of it only to whoever reads.
 */
export class FirstLook {
  readonly #sockets: Sockets;
  readonly #wanted: Wanted;
  /** So many are waited for; beyond that the eldest, which is the least likely to say something, is not waited for any more. */
  readonly #maxSilent: number;
  readonly #buffer = Buffer.alloc(MAX_HEAD_BYTES);
  /** In the order of their arrival. */
  readonly #silent = new Set<Look>();
  #isHurried = false;

  constructor(sockets: Sockets, wanted: Wanted, maxSilent: number) {
    this.#sockets = sockets;
    this.#wanted = wanted;
    this.#maxSilent = maxSilent;
  }

  at(connection: Connection, found: (found: Found) => void): void {
    const look: Look = { connection, until: monotonicMs() + PATIENCE_MS, found, timer: undefined, bytes: 0 };
    this.#silent.add(look);
    this.#again(look, 1);
    const [eldest] = this.#silent;
    if (this.#silent.size > this.#maxSilent && eldest !== undefined) this.#end(eldest, { kind: 'nothing' });
  }

  /** A stop has begun: each is looked at once more, and nobody is waited for from now on. */
  hurry(): void {
    this.#isHurried = true;
    for (const look of this.#silent) this.#again(look, 1);
  }

  #again(look: Look, nextMs: number): void {
    clearTimeout(look.timer);
    const seen = this.#see(look);
    if (seen.kind !== 'partial') return this.#end(look, seen);
    if (this.#isHurried || monotonicMs() > look.until) return this.#end(look, { kind: 'nothing' });
    look.timer = setTimeout(() => this.#again(look, Math.min(2 * nextMs, LONGEST_WAIT_MS)), nextMs);
  }

  #see(look: Look): Head | { readonly kind: 'gone' } {
    const { fd } = look.connection;
    const bytes = this.#sockets.peekSocket(fd, this.#buffer);
    if (bytes === -constants.errno.EAGAIN || bytes === -constants.errno.EINTR) return { kind: 'partial' };
    // Many long heads that nobody ends must not cost the master its time.
    if (bytes <= 0) return { kind: 'gone' };
    const head: Head =
      bytes === look.bytes ? { kind: 'partial' } : readHead(this.#buffer.subarray(0, bytes), this.#wanted);
    look.bytes = bytes;
    // The rest will never come; what to say to that is the worker's business.
    return head.kind === 'partial' && this.#sockets.hasPeerEnded(fd) ? { kind: 'read' } : head;
  }

  #end(look: Look, found: Found): void {
    clearTimeout(look.timer);
    this.#silent.delete(look);
    look.found(found);
  }
}
