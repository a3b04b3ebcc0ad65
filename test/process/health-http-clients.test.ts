/** Clients that are slow, wrong or hostile: the health endpoints are served by the process on which all others depend. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { HealthServer } from '#eggcup/health/http.js';
import type { Snapshot } from '#eggcup/health/snapshot.js';
import { startScript } from '../helpers/cluster.js';
import { ALL_OK, answers, endpoints, open } from '../helpers/endpoints.js';
import { freePort, get } from '../helpers/net.js';
import { until } from '../helpers/until.js';
import { snapshot } from '../unit/health/snapshots.js';

test('what is no question is answered as HTTP has it, and the master lives on', async (t) => {
  const http = await endpoints();
  const cluster = await startScript(t, 'scripts/hello.js', { health: { http } });
  await cluster.untilReady();
  const url = `http://127.0.0.1:${http.port}`;
  const head = await fetch(`${url}/status`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  assert.ok(Number(head.headers.get('content-length')) > 100);
  const post = await fetch(`${url}/live`, { method: 'POST', body: 'x'.repeat(100_000) });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  assert.equal((await get(http.port, '/nope')).status, 404);

  const say = async (words: string): Promise<string> => text(open(t, http.port, words));
  assert.match(await say('\0\u0001rubbish\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await say(`GET /live HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.deepEqual(await answers(http.port), ALL_OK);
  assert.equal(await cluster.stop(), 0);
});

test('of what is pipelined only the first request is looked at', async (t) => {
  const { port, looks } = await serve(t, snapshot);
  for (const version of ['1.0', '1.1']) {
    const one = `GET /metrics HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\n\r\n`;
    const answer = await text(open(t, port, one.repeat(500)));
    assert.equal(answer.split('HTTP/1.1 200 OK').length - 1, 1, version);
  }
  assert.equal(looks(), 2, 'once for each connection');
});

test('a fault while an answer is made is a 500 and told, and the next one is asked for', async (t) => {
  const { port, troubles } = await serve(t, () => {
    throw new Error('no such luck');
  });
  for (const path of ['/live', '/metrics']) {
    const { status, body } = await get(port, path);
    assert.deepEqual([status, body], [500, 'no such luck']);
  }
  assert.deepEqual(troubles.map(String), ['Error: no such luck', 'Error: no such luck']);
});

test('who holds connections open keeps neither a probe out nor the master from its end', async (t) => {
  const http = await endpoints();
  const cluster = await startScript(t, 'scripts/hello.js', { health: { http } });
  await cluster.untilReady();
  const slow = Array.from({ length: 200 }, (_, index) =>
    open(t, http.port, index % 2 === 0 ? '' : 'GET /live HTTP/1.1\r\nX-Slow: '),
  );
  await until('all to be connected', () => !slow.some(({ connecting }) => connecting));
  assert.deepEqual(await answers(http.port), ALL_OK);
  const isOpen = (socket: Socket): boolean => !socket.destroyed;
  await until('the oldest to be dropped', () => slow.filter(isOpen).length <= 64);
  assert.ok(isOpen(slow[199] as Socket), 'not the newest');

  const begun = performance.now();
  assert.equal(await cluster.stop(), 0);
  const tookMs = performance.now() - begun;
  assert.ok(tookMs < 8000, `no wait for the connections' own deadline: ${tookMs} ms`);
  await until('all to be closed', () => !slow.some(isOpen));
  await cluster.assertGone();
});

test('a connection without a whole request is closed after its time', async (t) => {
  const http = await endpoints();
  const cluster = await startScript(t, 'scripts/hello.js', { health: { http } });
  await cluster.untilReady();
  const silent = open(t, http.port, '');
  const dripping = open(t, http.port, 'GET /live HTTP/1.1\r\n');
  const drip = setInterval(() => dripping.write('X: y\r\n'), 200);
  t.after(() => clearInterval(drip));
  const begun = performance.now();
  // Who writes on may be answered with a reset.
  const closed = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      socket.on('error', () => undefined).once('close', () => resolve());
    });
  await Promise.all([closed(silent), closed(dripping)]);
  const tookMs = performance.now() - begun;
  assert.ok(tookMs > 5000 && tookMs < 30_000, `${tookMs} ms`);
  assert.equal(await cluster.stop(), 0);
});

/** The endpoints alone, in this process; they look at what `look` returns. */
async function serve(t: TestContext, look: () => Snapshot) {
  const port = await freePort();
  const troubles: unknown[] = [];
  let count = 0;
  const server = await HealthServer.listen({ host: '127.0.0.1', port, onTrouble: (error) => troubles.push(error) });
  t.after(() => server.close());
  server.show(() => {
    count += 1;
    return look();
  });
  return { port, troubles, looks: () => count };
}
