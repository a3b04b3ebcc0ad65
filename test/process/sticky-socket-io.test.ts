/** socket.io's long polling: each poll is a request, and only the worker that has the session may get it. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Socket, io } from 'socket.io-client';
import { startScript } from '../helpers/cluster.js';
import type { Served } from '../helpers/sticky.js';

const CLIENTS = 24;
const MESSAGES = 15;
const WORKERS = 4;

for (const sticky of ['address', 'cookie:worker', 'header:x-user'])
  test(`${sticky}: no session is ever unknown`, async (t) => {
    const cluster = await start(t, sticky);
    const clients = Array.from({ length: CLIENTS }, (_, index) => client(t, cluster, index));
    await Promise.all(clients.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))));
    const pids = await Promise.all(clients.map((socket) => talk(socket)));
    for (const own of pids) assert.equal(own.size, 1, 'a client has met two workers');
    const met = new Set(pids.flatMap((own) => Array.from(own)));
    t.diagnostic(`${met.size} workers, ${CLIENTS * MESSAGES} messages`);
    assert.ok(met.size >= 3, 'not even three workers have clients');
    for (const socket of clients) assert.ok(socket.connected);
    assert.deepEqual(cluster.logged('refused'), []);
    for (const socket of clients) socket.close();
    assert.equal(await cluster.stop(), 0);
  });

test('without stickiness sessions are unknown: what the tests above look for', async (t) => {
  const cluster = await start(t, 'none');
  for (let index = 0; index < CLIENTS; index += 1) client(t, cluster, index);
  await cluster.untilLogged('refused', { code: 1, message: 'Session ID unknown' });
  assert.equal(await cluster.stop(), 0);
});

async function start(t: TestContext, sticky: string): Promise<Served> {
  const cluster = await startScript(t, 'scripts/socket-io.js', { workers: { count: WORKERS }, listen: { sticky } });
  await cluster.untilReady();
  return cluster;
}

/** A new connection for each poll, from an address of its own; the cookies that it is given come back. */
function client(t: TestContext, { port }: Served, index: number): Socket {
  const agent = new Agent({ keepAlive: false, localAddress: `127.0.0.${index + 2}` });
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ['polling'],
    forceNew: true,
    withCredentials: true,
    extraHeaders: { 'X-User': `user ${index}` },
    // The types know only the browser's.
    agent: agent as unknown as string,
  });
  t.after(() => {
    socket.close();
    agent.destroy();
  });
  return socket;
}

/** The pids that answer a client's messages. */
async function talk(socket: Socket): Promise<ReadonlySet<number>> {
  const pids = new Set<number>();
  for (let count = 0; count < MESSAGES; count += 1) {
    pids.add((await socket.timeout(20_000).emitWithAck('who')) as number);
    await setTimeout(20);
  }
  return pids;
}
