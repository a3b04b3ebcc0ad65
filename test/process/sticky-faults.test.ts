/** Sticky clients while workers hang, die or are replaced: nobody waits for another one's worker, and nothing is lost. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { type Socket, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { heaviest } from '#eggcup/sticky/rendezvous.js';
import { startScript } from '../helpers/cluster.js';
import { type Deed, Load, ask } from '../helpers/load.js';
import { type Served, SLOTS, replaced, slotOf, slots, slotsOf, startSticky, workerOf } from '../helpers/sticky.js';
import { until } from '../helpers/until.js';

const CLIENTS = Array.from({ length: 30 }, (_, index) => ({ from: `127.0.0.${index + 2}` }));
const OF_SLOT_1 = CLIENTS.filter(({ from }) => heaviest(from, slots()) === 'app-1');
const OF_OTHERS = CLIENTS.filter(({ from }) => heaviest(from, slots()) !== 'app-1');

test('a worker that stands still stops only its own clients, and its death gives them to the others', async (t) => {
  const cluster = await startSticky(t, 'address');
  const stopped = cluster.pidOf('app-1');
  assert.ok(stopped);
  process.kill(stopped, 'SIGSTOP');
  const waiting = OF_SLOT_1.map((client) => workerOf(cluster.port, client));
  let answered = 0;
  for (const answer of waiting) void answer.then(() => (answered += 1));
  for (let round = 0; round < 5; round += 1) {
    const seen = await slotsOf(cluster, OF_OTHERS);
    assert.deepEqual(new Set(seen), new Set(['app-0', 'app-2']));
  }
  assert.equal(answered, 0, 'who belongs to the worker that stands still was served elsewhere');
  process.kill(stopped, 'SIGKILL');
  const pids = await Promise.all(waiting);
  assert.ok(!pids.includes(stopped));
  const fresh = await replaced(cluster, 'app-1', stopped);
  assert.deepEqual(new Set(await slotsOf(cluster, OF_SLOT_1)), new Set(['app-1']));
  assert.equal(cluster.pidOf('app-1'), fresh);
  assert.equal(await cluster.stop(), 0);
});

test('a worker that goes on serves those who have waited for it', async (t) => {
  const cluster = await startSticky(t, 'address');
  const stopped = cluster.pidOf('app-1');
  assert.ok(stopped);
  process.kill(stopped, 'SIGSTOP');
  const waiting = OF_SLOT_1.map((client) => workerOf(cluster.port, client));
  await slotsOf(cluster, OF_OTHERS);
  process.kill(stopped, 'SIGCONT');
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set([stopped]));
  assert.equal(await cluster.stop(), 0);
});

test("a hung worker's successor gets its clients, those who wait too", async (t) => {
  const cluster = await startSticky(t, 'address', { health: { workerTimeout: '2s' } });
  const hung = cluster.pidOf('app-1');
  assert.ok(hung);
  process.kill(hung, 'SIGSTOP');
  const pids = await Promise.all(OF_SLOT_1.map((client) => workerOf(cluster.port, client)));
  await cluster.untilLogged('child.hung', { pid: hung });
  const successor = await replaced(cluster, 'app-1', hung);
  // The one that was handed to it already is told elsewhere when it is killed: to the successor as well.
  assert.deepEqual(new Set(pids), new Set([successor]));
  assert.equal(await cluster.stop(), 0);
});

test('where nobody else listens a connection is closed, not left to hang', async (t) => {
  const cluster = await startSticky(t, 'address', { workers: { count: 1 } });
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  process.kill(pid, 'SIGSTOP');
  const answers = CLIENTS.map((client) => workerOf(cluster.port, client));
  const ends = Promise.allSettled(answers);
  process.kill(pid, 'SIGKILL');
  // One that is as late as the successor is served.
  for (const end of await ends) if (end.status === 'fulfilled') assert.notEqual(end.value, pid);
  await replaced(cluster, 'app-0', pid);
  await workerOf(cluster.port);
  assert.equal(await cluster.stop(), 0);
});

const MODES = ['address', 'cookie:worker', 'header:x-user'];

for (const sticky of MODES) {
  test(`${sticky}: rolls and a changing number of workers under load lose nothing`, async (t) => {
    const cluster = await startSticky(t, sticky);
    const load = new Load(t, clients(t, cluster));
    for (let round = 1; round <= 3; round += 1) {
      await load.untilAnswered(100);
      cluster.signal('SIGUSR2');
      await cluster.untilLogged('reload.done', {}, round);
      cluster.signal(round % 2 === 1 ? 'SIGTTIN' : 'SIGTTOU');
      await cluster.untilLogged('scale.begun', {}, round);
    }
    await load.untilAnswered(100);
    await load.stop();
    assert.deepEqual(load.failures, []);
    t.diagnostic(`${load.answered} answers`);
    assert.equal(await cluster.stop(), 0);
  });

  test(`${sticky}: a killed worker under load costs what it had in hand, and nothing hangs`, async (t) => {
    const cluster = await startSticky(t, sticky);
    const load = new Load(t, clients(t, cluster));
    for (let round = 0; round < 4; round += 1) {
      await load.untilAnswered(60);
      const slot = `app-${round % SLOTS}`;
      const pid = await until(`a pid of ${slot}`, () => cluster.pidOf(slot));
      const before = load.failures.length;
      process.kill(pid, 'SIGKILL');
      await replaced(cluster, slot, pid);
      // Each client has at most one request open.
      assert.ok(load.failures.length - before <= 8, load.failures.join('\n'));
    }
    await load.stop();
    assert.deepEqual(
      load.failures.filter((failure) => !/ECONNRESET|socket hang up|ends early/.test(failure)),
      [],
    );
    t.diagnostic(`${load.answered} answers, ${load.failures.length} lost with their worker`);
    assert.equal(await cluster.stop(), 0);
  });
}

/** On kept connections and on new ones, each with an address, a cookie and a header of its own; two behind a proxy. */
function clients(t: TestContext, { port }: Served): readonly Deed[] {
  return Array.from({ length: 8 }, (_, index) => {
    const agent = index % 2 === 0 ? false : new Agent({ keepAlive: true, maxSockets: 1 });
    if (agent !== false) t.after(() => agent.destroy());
    const headers = {
      cookie: `worker=${index % SLOTS}.abc`,
      'x-user': `user ${index}`,
      ...(index < 2 ? { 'x-forwarded-for': '203.0.113.7' } : {}),
    };
    return () => ask({ port, path: '/slow?2', agent, localAddress: `127.0.0.${index + 2}`, headers });
  });
}

test('after a roll each client is with its slot again', async (t) => {
  const cluster = await startSticky(t, 'address');
  const before = await slotsOf(cluster, CLIENTS);
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.done');
  await cluster.untilLogged('child.exited', {}, SLOTS);
  assert.deepEqual(await slotsOf(cluster, CLIENTS), before);
  assert.ok(slotOf(cluster, await workerOf(cluster.port)));
  assert.equal(await cluster.stop(), 0);
});

test('a stop answers who has connected before it, silent or in the middle of a head', async (t) => {
  const cluster = await startSticky(t, 'cookie:worker');
  const half = 'GET / HTTP/1.1\r\nHost: x\r\nCook';
  const rest = 'ie: worker=1.abc\r\nConnection: close\r\n\r\n';
  const silent = await Promise.all(Array.from({ length: 6 }, () => connected(cluster.port)));
  const inHead = await Promise.all(Array.from({ length: 6 }, () => connected(cluster.port)));
  for (const socket of inHead) socket.write(half);
  // Seen, and looked at less and less often: a new connection is looked at at once.
  await slotsOf(cluster, CLIENTS);
  cluster.signal('SIGTERM');
  await cluster.untilLogged('stop.begun');
  const answers = [...silent, ...inHead].map((socket) => answerOn(socket));
  for (const socket of inHead) socket.write(rest);
  for (const socket of silent) socket.write(half + rest);
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.equal(await cluster.ended(), 0);
});

test('who ends in the middle of a head is not waited for', async (t) => {
  const cluster = await startSticky(t, 'header:x-user');
  const socket = await connected(cluster.port);
  const answer = answerOn(socket);
  socket.end('GET / HTTP/1.1\r\nHost: x\r\nX-Us');
  assert.match(await answer, /^HTTP\/1\.1 400 /);
  assert.equal(await cluster.stop(), 0);
});

test('clients that wait for a hung worker leave the master enough descriptors for the others', async (t) => {
  if (spawnSync('prlimit', ['--version']).error !== undefined) return t.skip('needs prlimit(1), of util-linux');
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    { workers: { count: SLOTS }, listen: { sticky: 'address' }, health: { workerTimeout: '3s' } },
    { wrapper: ['prlimit', '--nofile=256:256'] },
  );
  await cluster.untilReady();
  const hung = cluster.pidOf('app-1');
  assert.ok(hung);
  process.kill(hung, 'SIGSTOP');
  for (let count = 0; count < 300; count += 1) {
    const client = OF_SLOT_1[count % OF_SLOT_1.length];
    const socket = connect({ port: cluster.port, host: '127.0.0.1', localAddress: client?.from });
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    // Not all at once: nobody with 256 descriptors can take that.
    if (count % 5 === 0) await workerOf(cluster.port, OF_OTHERS[0]);
    // What the hung worker had taken ends with it.
    socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  }
  assert.ok(new Set(await slotsOf(cluster, OF_OTHERS)).size > 0);
  await cluster.untilLogged('child.hung', { pid: hung });
  await cluster.untilLogged('child.exited', { pid: hung });
  assert.deepEqual(cluster.logged('child.fork-failed'), []);
  cluster.signal('SIGTERM');
  assert.equal(await cluster.ended(), 0);
});

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the end. */
async function answerOn(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'end');
  return text;
}
