/** How workers part with their clients at a stop. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, get as getTls } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { type Socket, connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

const slow = (ms: number): string => `GET /slow?${ms} HTTP/1.1\r\nHost: x\r\n\r\n`;
const PASSPHRASE = 'tell-nobody-this-passphrase';

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('a client that sends several requests at once gets all answers, the last of them with close', async (t) => {
  for (const delay of ['0s', '1s']) {
    const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { delay, app: '20s', agent: '1s' } });
    await cluster.untilReady();
    const socket = await connected(cluster.port);
    let answers = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answers += text));
    socket.write([1, 600, 700, 800, 900].map(slow).join(''));
    await until('the first answer', () => answers.includes('slow'));
    const [code] = await Promise.all([cluster.stop(), once(socket, 'close')]);
    assert.equal(code, 0);
    assert.equal(answers.match(/slow \d+/g)?.length, 5, answers);
    assert.equal(answers.match(/^connection: close/gim)?.length, 1, answers);
  }
});

test('what a client has sent and then left behind is not waited for', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { shutdown: { app: '25s', agent: '1s' } });
  await cluster.untilReady();
  for (let client = 0; client < 20; client += 1) {
    const socket = await connected(cluster.port);
    await new Promise<void>((resolve) => socket.write(slow(300).repeat(3), () => resolve()));
    socket.resetAndDestroy();
  }
  await get(cluster.port);
  // A response that is waited for in vain would be ended by force, which is 15.
  assert.equal(await cluster.stop(), 0);
});

test('a response that its client reads slowly arrives whole', async (t) => {
  const cluster = await startScript(t, 'scripts/big.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const socket = await connected(cluster.port);
  socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('the response to be written', () => cluster.output.includes('written'));
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  process.kill(pid, 'SIGTERM');
  // Its worker has closed the channel, or its time for requests on their way is over, long before.
  await setTimeout(1000);
  let bytes = 0;
  socket.on('data', (data: Buffer) => (bytes += data.length)).resume();
  await once(socket, 'close');
  assert.ok(bytes > 32 * 2 ** 20, `${bytes} bytes`);
  assert.equal(await cluster.stop(), 0);
});

test('whatever an application says of its connections, they end', async (t) => {
  const cluster = await startScript(t, 'scripts/own-heads.js', {
    shutdown: { delay: '2s', app: '5s', agent: '1s' },
  });
  await cluster.untilReady();
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const paths = ['/set', '/object', '/reason', '/array', '/pairs', '/none'];
  for (const path of paths) {
    const { headers } = await get(cluster.port, path, undefined, agent);
    assert.equal(headers['connection'], 'keep-alive', path);
  }
  cluster.signal('SIGTERM');
  // The workers hear of it a moment after `ready` has gone.
  await until('keep-alive to end', async () => {
    const { headers } = await get(cluster.port, '/set', undefined, agent);
    return headers['connection'] === 'close';
  });
  for (const path of paths) {
    const { headers, body } = await get(cluster.port, path, undefined, agent);
    assert.deepEqual([headers['connection'], body], ['close', 'own'], path);
    if (['/object', '/reason', '/array', '/pairs'].includes(path)) assert.equal(headers['x-kept'], 'yes', path);
  }
  assert.equal(await cluster.ended(), 0);
});

test('a server for HTTP/2 and HTTP/1 parts with clients of both', async (t) => {
  const env = { TLS_DIR: fixture('egg-parts/tls'), TLS_PASSPHRASE: PASSPHRASE };
  const cluster = await startScript(
    t,
    'scripts/http2-and-http1.js',
    { shutdown: { app: '20s', agent: '1s' } },
    { env },
  );
  await cluster.untilReady();
  const agent = new TlsAgent({ keepAlive: true, maxSockets: 10, rejectUnauthorized: false });
  t.after(() => agent.destroy());
  const ask = async (): Promise<IncomingMessage> => {
    const [response] = (await once(getTls({ host: '127.0.0.1', port: cluster.port, agent }), 'response')) as [
      IncomingMessage,
    ];
    await once(response.resume(), 'end');
    return response;
  };
  const answered = Array.from({ length: 10 }, () => 0);
  const clients = answered.map(async (_, client) => {
    while ((await ask()).headers.connection !== 'close') answered[client] = (answered[client] ?? 0) + 1;
  });
  const session = connectHttp2(`https://127.0.0.1:${cluster.port}`, { rejectUnauthorized: false });
  const stream = session.request({ ':path': '/' });
  stream.setEncoding('utf8');
  assert.deepEqual(await once(stream, 'data'), ['2.0']);
  await until('all to be busy', () => answered.every((count) => count > 2));
  const [code] = await Promise.all([cluster.stop(), ...clients, once(session, 'close')]);
  assert.equal(code, 0);
});

test('HTTP/2 clients are told with the delay of a stop, and those that come later with their first answer', async (t) => {
  const cluster = await startScript(t, 'scripts/http2.js', { shutdown: { delay: '3s', app: '20s', agent: '1s' } });
  await cluster.untilReady();
  const url = `http://127.0.0.1:${cluster.port}`;
  const idle = connectHttp2(url);
  await once(idle, 'remoteSettings');
  const busy = connectHttp2(url);
  const slowStream = busy.request({ ':path': '/slow?800' });
  await once(slowStream, 'ready');
  const told = Promise.all([once(idle, 'close'), once(busy, 'goaway')]);
  cluster.signal('SIGTERM');
  await told;
  assert.match(await textOf(slowStream), /^slow/);
  const late = connectHttp2(url);
  const lateTold = once(late, 'goaway');
  const answer = await textOf(late.request({ ':path': '/' }));
  assert.match(answer, /^\d+$/);
  await lateTold;
  assert.equal(cluster.logged('child.exited').length, 0, 'the delay was over by then');
  assert.equal(await cluster.ended(), 0);
});

test('a connection whose TLS has not begun when its worker has to end gets its answer', async (t) => {
  const env = { CERT_DIR: fixture('egg-parts/tls'), TLS_DIR: fixture('egg-parts/tls'), TLS_PASSPHRASE: PASSPHRASE };
  const cluster = await startScript(t, 'scripts/http2-and-http1.js', { workers: { count: 1 } }, { env });
  await cluster.untilReady();
  const raw = await connected(cluster.port);
  // The worker has it: connections come in order.
  const first = connectHttp2(`https://127.0.0.1:${cluster.port}`, { rejectUnauthorized: false });
  await once(first, 'connect');
  const isClosing = once(first, 'close');
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  process.kill(pid, 'SIGTERM');
  await until('it to have heard', () => cluster.output.includes('receive signal SIGTERM'));
  const socket = connectTls({ socket: raw, rejectUnauthorized: false });
  const answer = textOf(socket);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*^connection: close/im);
  await isClosing;
  assert.equal(await cluster.stop(), 0);
});

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(stream, 'end');
  return text;
}

test('a server may listen again and again', async (t) => {
  const cluster = await startScript(t, 'scripts/listens-again.js', { workers: { count: 1 } });
  await until('it to stay', () => cluster.output.includes('it stays'));
  assert.equal((await get(cluster.port)).body, 'again');
  // Node warns of listeners that only grow.
  assert.doesNotMatch(cluster.errors, /MaxListeners/);
  assert.equal(await cluster.stop(), 0);
});

test('a request that expects 100-continue, and that the application answers by itself, gets its answer', async (t) => {
  const cluster = await startScript(t, 'scripts/expects.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const socket = await connected(cluster.port);
  let answers = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answers += text));
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  await until('100', () => answers.includes(' 100 '));
  socket.write('ok');
  const pid = cluster.pidOf('app-0');
  const [code] = await Promise.all([cluster.stop(), once(socket, 'close')]);
  assert.equal(code, 0);
  assert.match(answers, new RegExp(` 200 [^]*^connection: close[^]*${pid}`, 'im'));
});
