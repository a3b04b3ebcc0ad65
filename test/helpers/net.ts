import { type Agent, request } from 'node:http';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { hasCode } from '#eggcup/errors.js';

/** Below those that the kernel gives to others meanwhile, to a connection say (net.ipv4.ip_local_port_range). */
const [FIRST_PORT, PORTS] = [10_000, 22_000];

const given = new Set<number>();

/** A port that nobody listens on now, and that this process has not asked for before: a test that needs two would get the same, once in a while. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(false) : reject(error)));
    server.listen(port, () => server.close(() => resolve(true)));
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
