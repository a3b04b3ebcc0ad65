/** Clients of a cluster whose `listen.sticky` is on, and what they find out. */
import assert from 'node:assert/strict';
import { type Agent, request } from 'node:http';
import type { TestContext } from 'node:test';
import { type Cluster, startScript } from './cluster.js';
import type { Reply } from './net.js';
import { until } from './until.js';

export type Served = Cluster & { readonly port: number };

export const SLOTS = 3;

export interface Client {
  /** A local address: Linux has all of 127.0.0.0/8. */
  readonly from?: string;
  readonly to?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly path?: string;
  /** In the place of address and port. */
  readonly socketPath?: string;
}

/** Some workers of `hello.js`, which answers with its pid. */
export async function startSticky(
  t: TestContext,
  sticky: string,
  config: Readonly<Record<string, object>> = {},
  script = 'scripts/hello.js',
): Promise<Served> {
  const cluster = await startScript(t, script, { workers: { count: SLOTS }, listen: { sticky }, ...config });
  await cluster.untilReady();
  return cluster;
}

/** One request, on a connection of its own or one of the agent's. */
export function askAs(port: number, client: Client = {}): Promise<Reply> {
  const { from, to = '127.0.0.1', headers = {}, agent = false, path = '/', socketPath } = client;
  const target = socketPath === undefined ? { host: to, port, localAddress: from } : { socketPath };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...target, path, agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      response.on('error', reject);
    });
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error('no answer within 20 s')));
    outgoing.on('error', reject).end();
  });
}

/** The pid of the worker that answers. */
export async function workerOf(port: number, client: Client = {}): Promise<number> {
  const { status, body } = await askAs(port, client);
  assert.equal(status, 200);
  return Number(body);
}

export function slots(count = SLOTS): readonly `app-${number}`[] {
  return Array.from({ length: count }, (_, index) => `app-${index}` as const);
}

/** The slot of each pid that answers now. */
export function slotOf(cluster: Cluster, pid: number): string {
  const slot = slots(8).find((name) => cluster.pidOf(name) === pid);
  assert.ok(slot, `${pid} is no worker of now`);
  return slot;
}

/** Which slot each client gets, by asking. */
export async function slotsOf(cluster: Served, clients: readonly Client[]): Promise<readonly string[]> {
  const pids = await Promise.all(clients.map((client) => workerOf(cluster.port, client)));
  return pids.map((pid) => slotOf(cluster, pid));
}

/** Waits until a killed worker has been replaced, and listens. */
export async function replaced(cluster: Cluster, slot: string, before: number): Promise<number> {
  return until(`a successor of ${slot}`, () => {
    const pid = cluster.pidOf(slot);
    return pid !== undefined && pid !== before && pid;
  });
}
