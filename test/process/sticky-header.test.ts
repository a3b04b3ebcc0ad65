/** `listen.sticky: header:NAME`, and what connections may do to a master that reads their first request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type Socket, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { heaviest } from '#eggcup/sticky/rendezvous.js';
import { fixture, startCluster } from '../helpers/cluster.js';
import { SLOTS, type Served, askAs, slotOf, slots, startSticky, workerOf } from '../helpers/sticky.js';

const STICKY = 'header:X-User';

test('who has the same value has the same worker, from wherever', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const seen = new Set<string>();
  for (let user = 0; user < 20; user += 1) {
    const expected = heaviest(`user ${user}`, slots()) ?? '';
    seen.add(expected);
    for (let from = 2; from < 5; from += 1) {
      const client = { from: `127.0.0.${from}`, headers: { 'x-UsEr': `user ${user}`, 'x-user-id': String(from) } };
      assert.equal(slotOf(cluster, await workerOf(cluster.port, client)), expected);
    }
  }
  assert.equal(seen.size, 3);
  const { headers } = await askAs(cluster.port);
  assert.equal(headers['set-cookie'], undefined);
  assert.equal(await cluster.stop(), 0);
});

test('a head that comes byte by byte is waited for', async (t) => {
  const cluster = await startSticky(t, STICKY);
  for (const user of ['ann', 'bob', 'eve']) {
    const answer = slow(t, cluster, `GET / HTTP/1.1\r\nHost: h\r\nX-User: ${user}\r\nConnection: close\r\n\r\n`);
    assert.equal(slotOf(cluster, Number((await answer).split('\r\n\r\n')[1])), heaviest(user, slots()));
  }
  assert.equal(await cluster.stop(), 0);
});

test('a request with a big body, and one behind another, arrive whole', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const body = 'x'.repeat(300_000);
  const socket = open(t, cluster);
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nX-User: ann\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  const text = await all(socket);
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  assert.equal(await cluster.stop(), 0);
});

test('a head that is longer than 16 KiB gets the answer of the worker', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const socket = open(t, cluster);
  socket.write(`GET / HTTP/1.1\r\nHost: h\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`);
  assert.match(await all(socket), /^HTTP\/1\.1 431 /);
  assert.equal(await cluster.stop(), 0);
});

test('silent connections hold up nobody, however many', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const silent = Array.from({ length: 1200 }, () => open(t, cluster));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  for (let user = 0; user < 30; user += 1) await workerOf(cluster.port, { headers: { 'x-user': `user ${user}` } });
  // They are served as soon as they say something, whether they are still waited for or with a worker already.
  for (const socket of [silent[0], silent.at(-1)]) {
    assert.ok(socket);
    socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    assert.match(await all(socket), /^HTTP\/1\.1 200 /);
  }
  for (const socket of silent) socket.destroy();
  assert.equal(await cluster.stop(), 0);
});

test('who leaves without a word leaves nothing behind', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const leaving = Array.from({ length: 20 }, () => open(t, cluster));
  await Promise.all(leaving.map((socket) => once(socket, 'connect')));
  for (const [index, socket] of leaving.entries()) {
    if (index % 2 === 0) socket.resetAndDestroy();
    else socket.end('GET / HT');
  }
  await workerOf(cluster.port);
  assert.equal(await cluster.stop(), 0);
});

test('TLS, HTTP/2 and what nobody knows go by address, which is said once', async (t) => {
  const cluster = await startSticky(t, STICKY);
  const tls = connectTls({ port: cluster.port, host: '127.0.0.1' });
  await once(tls, 'error');
  await cluster.untilLogged('sticky.unreadable', { protocol: 'TLS', sticky: 'header:x-user' });
  const session = connectHttp2(`http://127.0.0.1:${cluster.port}`);
  await once(session, 'error');
  session.destroy();
  const socket = open(t, cluster);
  socket.write(Buffer.from([0, 1, 2, 3]));
  assert.match(await all(socket), /^HTTP\/1\.1 400 /);
  assert.equal(cluster.logged('sticky.unreadable').length, 1);
  assert.equal(await cluster.stop(), 0);
});

test('over a Unix socket it works as well', async (t) => {
  const socket = join(tmpdir(), `eggcup-${process.pid}.sock`);
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/unix.js'), unixSocket: socket, env: { SOCKET: socket } },
      workers: { count: SLOTS },
      listen: { sticky: STICKY },
    },
  });
  await cluster.untilReady();
  const without = new Set<number>();
  for (let user = 0; user < 12; user += 1) {
    const headers = { 'x-user': `user ${user}` };
    const pid = await workerOf(0, { socketPath: socket, headers });
    assert.equal(slotOf(cluster, pid), heaviest(`user ${user}`, slots()));
    // Without the header there is nothing to know it by.
    without.add(await workerOf(0, { socketPath: socket }));
  }
  assert.ok(without.size > 1);
  assert.equal(await cluster.stop(), 0);
});

function open(t: TestContext, { port }: Served): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

async function slow(t: TestContext, cluster: Served, text: string): Promise<string> {
  const socket = open(t, cluster).setNoDelay();
  const answer = all(socket);
  for (const character of text) {
    socket.write(character);
    await setTimeout(3);
  }
  return answer;
}

async function all(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => (text += more));
  await once(socket, 'close');
  return text;
}
