/** Clients that ask again and again, until they are told to stop, and what became of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Agent, type RequestOptions, request as requestHttp } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as requestHttps } from 'node:https';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { until } from './until.js';

/** Nobody answers so late: the client hangs. */
const HANGS_MS = 20_000;

/** One thing that a client does; rejects when it was not done as it should be. */
export type Deed = () => Promise<void>;

export class Load {
  readonly failures: string[] = [];
  readonly #clients: Promise<void>[];
  #answered = 0;
  #stopped = false;

  /** Each deed is done by a client of its own, over and over, with the test's end at the latest. */
  constructor(t: TestContext, deeds: readonly Deed[]) {
    t.after(() => void this.stop());
    this.#clients = deeds.map((deed) => this.#run(deed));
  }

  get answered(): number {
    return this.#answered;
  }

  /** Waits until so many more have been answered. */
  async untilAnswered(more: number): Promise<void> {
    const goal = this.#answered + more;
    await until(`${goal} answers`, () => this.#answered >= goal || this.failures.length > 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(deed: Deed): Promise<void> {
    while (!this.#stopped) {
      try {
        await inTime(deed());
        this.#answered += 1;
      } catch (error) {
        this.failures.push(String(error));
        await setTimeout(50);
      }
    }
  }
}

async function inTime(done: Promise<void>): Promise<void> {
  const over = new AbortController();
  const hangs = setTimeout(HANGS_MS, undefined, over).then(() => assert.fail('the client hangs'));
  hangs.catch(() => undefined);
  try {
    await Promise.race([done, hangs]);
  } finally {
    over.abort();
  }
}

/** A request of HTTP/1, on a connection of its own where `agent` is false. */
export async function ask(
  options: RequestOptions & { readonly tls?: boolean; readonly agent: Agent | false },
): Promise<void> {
  const request = (options.tls === true ? requestHttps : requestHttp)({
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...options,
  } as RequestOptions);
  const [response] = (await once(request.end(), 'response')) as [
    NodeJS.ReadableStream & { statusCode: number; complete: boolean },
  ];
  response.resume();
  await once(response, 'end');
  assert.equal(response.statusCode, 200);
  assert.ok(response.complete, 'a response that ends early');
}

/** A client of HTTP/2 that keeps its session until it is told to leave it. */
export function http2Client(url: string): Deed & { close(): void } {
  let session: ClientHttp2Session | undefined;
  const current = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connectHttp2(url, { rejectUnauthorized: false });
      // Each stream has its own error.
      session.on('error', () => undefined);
    }
    return session;
  };
  const deed = async (): Promise<void> => {
    const stream = current().request({ ':path': '/slow?2' });
    let status = 0;
    stream.once('response', (headers) => (status = headers[':status'] ?? 0));
    try {
      await once(stream.resume().end(), 'end');
    } catch (error) {
      // Told not to have been looked at: any client repeats it (RFC 9113, 8.7).
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return deed();
      throw error;
    }
    assert.equal(status, 200);
    assert.equal(stream.rstCode, 0);
  };
  return Object.assign(deed, { close: () => session?.close() });
}
