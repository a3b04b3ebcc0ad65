/** Load by wrk, which keeps its connections and always has a request under way on each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { until } from './until.js';

export interface LoadResult {
  readonly requests: number;
  /** Connections and requests that failed, and answers other than 2xx and 3xx, in wrk's own words; empty when there were none. */
  readonly failures: string;
}

export class Load {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  /** @param command wrk with its options, or what runs it elsewhere. It should last longer than it is needed. */
  constructor(t: TestContext, [command, args]: readonly [string, readonly string[]]) {
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#process, 'close');
    t.after(() => this.#process.kill('SIGKILL'));
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  async untilStarted(): Promise<void> {
    await until('wrk to start', () => this.#output.includes('connections') || this.#process.exitCode !== null);
  }

  /** Ends it, if it has not ended. */
  async stop(): Promise<LoadResult> {
    this.#process.kill('SIGINT');
    await this.#closed;
    const requests = Number(/(\d+) requests in/.exec(this.#output)?.[1] ?? Number.NaN);
    if (Number.isNaN(requests)) throw new Error(`wrk did not tell what it did: ${this.#output}`);
    const failures = this.#output.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line));
    return { requests, failures: failures.map((line) => line.trim()).join('; ') };
  }
}
