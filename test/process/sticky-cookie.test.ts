/** `listen.sticky: cookie:NAME`: eggcup sets the cookie, and who shows it gets the worker that has set it. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startScript } from '../helpers/cluster.js';
import { type Served, askAs, replaced, slotOf, slots, startSticky, workerOf } from '../helpers/sticky.js';

const STICKY = 'cookie:worker';

test('a client without the cookie gets one, and with it the same worker from wherever', async (t) => {
  const cluster = await startSticky(t, STICKY);
  for (let client = 2; client < 20; client += 1) {
    const first = await askAs(cluster.port, { from: `127.0.0.${client}` });
    const [cookie = '', ...others] = first.headers['set-cookie'] ?? [];
    assert.deepEqual(others, []);
    assert.match(cookie, /^worker=\d\.[\da-z]+; Path=\/; HttpOnly; SameSite=Lax$/);
    const headers = { cookie: `a=b; ${cookie.split(';', 1)[0]}` };
    for (let from = 100; from < 103; from += 1) {
      const again = await askAs(cluster.port, { from: `127.0.0.${from}`, headers });
      assert.equal(again.body, first.body);
      assert.equal(again.headers['set-cookie'], undefined);
    }
  }
  assert.equal(await cluster.stop(), 0);
});

test('the cookie names the slot: while that is dead its clients spread, and then they are back', async (t) => {
  const cluster = await startSticky(t, STICKY, { restart: { backoff: { initial: '2s', max: '2s' } } });
  const clients = Array.from({ length: 30 }, (_, index) => ({ headers: { cookie: `worker=1.client${index}` } }));
  const ask = (): Promise<readonly number[]> => Promise.all(clients.map((client) => workerOf(cluster.port, client)));
  const first = cluster.pidOf('app-1');
  assert.ok(first);
  assert.deepEqual(new Set(await ask()), new Set([first]));
  process.kill(first, 'SIGKILL');
  const second = await replaced(cluster, 'app-1', first);
  process.kill(second, 'SIGKILL');
  await cluster.untilLogged('child.exited', { pid: second });
  const heirs = await ask();
  assert.deepEqual(new Set(heirs), new Set([cluster.pidOf('app-0'), cluster.pidOf('app-2')]));
  assert.deepEqual(await ask(), heirs);
  const third = await replaced(cluster, 'app-1', second);
  assert.deepEqual(new Set(await ask()), new Set([third]));
  assert.equal(await cluster.stop(), 0);
});

test('any other value is hashed: each has one worker, and all workers have some', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const seen = new Set<string>();
  for (let index = 0; index < 20; index += 1) {
    const headers = { cookie: `worker="s%3A${index}"` };
    const pid = await workerOf(cluster.port, { headers });
    assert.equal(await workerOf(cluster.port, { headers: { cookie: `x=1;worker=s%3A${index}` } }), pid);
    seen.add(slotOf(cluster, pid));
  }
  assert.deepEqual([...seen].toSorted(), [...slots()]);
  assert.equal(await cluster.stop(), 0);
});

test("the application's own cookies stay as they are", async (t) => {
  const cluster = await startSticky(t, STICKY, {}, 'scripts/own-cookies.js');
  const cookies = async (path: string): Promise<readonly string[]> => {
    const { headers } = await askAs(cluster.port, { path });
    assert.equal(headers['x-kept'], ['/object', '/array', '/nested'].includes(path) ? 'yes' : undefined);
    return [headers['set-cookie'] ?? []].flat().map((cookie) => cookie.replace(/worker=\d.*/, 'ours'));
  };
  assert.deepEqual(await cookies('/none'), ['ours']);
  assert.deepEqual(await cookies('/set'), ['a=1', 'ours']);
  for (const path of ['/several', '/object', '/array', '/nested'])
    assert.deepEqual(await cookies(path), ['a=1', 'b=2', 'ours']);
  assert.deepEqual(await cookies('/same'), ['worker=mine; Path=/']);
  // A cache in front would hand it to everybody.
  assert.deepEqual(await cookies('/public'), []);
  assert.equal(await cluster.stop(), 0);
});

test('the cookie is Secure where the client speaks HTTPS to a proxy', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const { headers } = await askAs(cluster.port, { headers: { 'x-forwarded-proto': 'https' } });
  assert.match(headers['set-cookie']?.[0] ?? '', /; Secure$/);
  assert.equal(await cluster.stop(), 0);
});

test('behind a proxy each request has its own choice; a direct client keeps its connection', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const proxy = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => proxy.destroy());
  for (const header of ['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'via'])
    for (const index of [0, 1, 2, 1, 0]) {
      const headers = { cookie: `worker=${index}.abc`, [header]: '1.1 proxy' };
      const { body, headers: answered } = await askAs(cluster.port, { agent: proxy, headers });
      assert.equal(slotOf(cluster, Number(body)), `app-${index}`);
      assert.equal(answered['connection'], 'close');
    }
  const { headers, body } = await askAs(cluster.port, { agent: proxy, headers: { cookie: 'worker=2.abc' } });
  assert.equal(headers['connection'], 'keep-alive');
  // What the next one says comes too late.
  assert.equal((await askAs(cluster.port, { agent: proxy, headers: { cookie: 'worker=1.abc' } })).body, body);
  assert.equal(await cluster.stop(), 0);
});

test('new clients behind a proxy spread, by the address that it tells', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const clients = Array.from({ length: 20 }, (_, index) => ({ headers: { 'x-forwarded-for': `203.0.113.${index}` } }));
  const ask = (): Promise<readonly number[]> => Promise.all(clients.map((client) => workerOf(cluster.port, client)));
  const pids = await ask();
  assert.equal(new Set(pids).size, 3);
  assert.deepEqual(await ask(), pids);
  assert.equal(await cluster.stop(), 0);
});

test("a WebSocket's connection is chosen by its handshake", async (t) => {
  const cluster = await startSticky(t, STICKY, {}, 'scripts/names-worker.js');
  for (const index of [0, 1, 2, 2, 1, 0])
    assert.equal(slotOf(cluster, await greetingOf(cluster, `worker=${index}.abc`)), `app-${index}`);
  assert.equal(await cluster.stop(), 0);
});

/** The pid that a WebSocket server says first. */
function greetingOf({ port }: Served, cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { cookie } });
    socket.once('message', (data: Buffer) => {
      resolve(Number(data.toString()));
      socket.close();
    });
    socket.once('error', reject);
  });
}

test('a server that does not listen through the master sets no cookie and ends no connection', async (t) => {
  const cluster = await startScript(t, 'scripts/exclusive.js', { listen: { sticky: STICKY }, workers: { count: 1 } });
  await cluster.untilReady();
  const { headers } = await askAs(cluster.port, { headers: { via: '1.1 proxy' } });
  assert.equal(headers['set-cookie'], undefined);
  assert.equal(await cluster.stop(), 0);
});

test('a guest, whose own worker is not there, is sent back with each answer', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const connectionOf = async (cookie: string): Promise<unknown> => {
    return (await askAs(cluster.port, { agent, headers: { cookie } })).headers['connection'];
  };
  assert.equal(await connectionOf('worker=7.nobody'), 'close');
  assert.equal(await connectionOf('worker=1.somebody'), 'keep-alive');
  assert.equal(await connectionOf('worker=whatever'), 'keep-alive');
  assert.equal(await cluster.stop(), 0);
});
