import { type Agent, request } from 'node:http';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A port that somebody else listens on until the test ends: on all addresses, or on one alone. */
export function takePort(t: TestContext, host?: string): Promise<number> {
  const server = createServer();
  t.after(() => server.close());
  return new Promise((resolve) => {
    server.listen({ port: 0, host, ipv6Only: host !== undefined }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const ANSWER_MS = 60_000;

/** One request, on a connection of its own or one of the agent's; rejects on any error of the connection, and when no answer comes. */
export function get(port: number, path = '/', socketPath?: string, agent: Agent | false = false): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const target = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
    const outgoing = request({ ...target, path, agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      response.on('error', reject);
    });
    outgoing.setTimeout(ANSWER_MS, () => outgoing.destroy(new Error(`no answer from ${path} within ${ANSWER_MS} ms`)));
    outgoing.on('error', reject).end();
  });
}
