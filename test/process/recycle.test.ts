/** Workers that have served enough, are old or big give their place to new ones, one at a time, while clients go on asking. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { type Cluster, startScript } from '../helpers/cluster.js';
import { EGGS, startEgg } from '../helpers/egg.js';
import { Load, ask, http2Client } from '../helpers/load.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

function start(t: TestContext, script: string, recycle: object): Promise<Cluster & { readonly port: number }> {
  return startScript(t, script, { workers: { recycle } });
}

function clientsOf(t: TestContext, port: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return new Load(t, [
    () => ask({ port, agent }),
    () => ask({ port, agent: false }),
    () => ask({ port, agent: false }),
  ]);
}

function reasons(cluster: Cluster): readonly string[] {
  return cluster.logged('reload.begun').map(({ reason }) => String(reason));
}

/** Each took its place before its predecessor went, and nothing counts as a crash. */
function assertPlanned(cluster: Cluster): void {
  const turns = cluster.log.filter(({ event }) => ['reload.replaced', 'child.exited'].includes(event));
  turns.forEach(({ event }, index) => assert.equal(event, index % 2 === 0 ? 'reload.replaced' : 'child.exited'));
  assert.equal(cluster.status()?.restartsInWindow, 0);
}

test('maxRequests: about so many are served by each, and none is lost', async (t) => {
  const cluster = await start(t, 'scripts/hello.js', { maxRequests: 100, jitter: '20%' });
  await cluster.untilReady();
  const clients = clientsOf(t, cluster.port);
  await cluster.untilLogged('reload.done', {}, 4);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  for (const reason of reasons(cluster)) {
    const [, count] = /^app-[01] has served (\d+) requests$/.exec(reason) ?? [];
    assert.ok(Number(count) >= 80 && Number(count) <= 120, reason);
  }
  assertPlanned(cluster);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('maxRequests counts requests that the application lets continue by itself', async (t) => {
  const cluster = await startScript(t, 'scripts/expects.js', {
    workers: { count: 1, recycle: { maxRequests: 2, jitter: '0%' } },
  });
  await cluster.untilReady();
  const { port } = cluster;
  const upload = (): Promise<unknown> => {
    const asking = request({ port, method: 'POST', headers: { expect: '100-continue' } });
    asking.on('continue', () => asking.end('x')).flushHeaders();
    return once(asking, 'response').then(([response]) => text(response as IncomingMessage));
  };
  await Promise.all([upload(), upload()]);
  await cluster.untilLogged('reload.begun', { reason: 'app-0 has served 2 requests' });
  await cluster.untilLogged('reload.done');
  assert.equal(await cluster.stop(), 0);
});

test('maxRequests counts the streams of HTTP/2 as well', async (t) => {
  const cluster = await start(t, 'scripts/http2.js', { maxRequests: 20 });
  await cluster.untilReady();
  const client = http2Client(`http://127.0.0.1:${cluster.port}`);
  const clients = new Load(t, [client]);
  await cluster.untilLogged('reload.done', {}, 2);
  await clients.stop();
  client.close();
  assert.deepEqual(clients.failures, []);
  assert.equal(await cluster.stop(), 0);
});

test('maxAge: the old go one at a time', async (t) => {
  const cluster = await start(t, 'scripts/hello.js', { maxAge: '2s' });
  await cluster.untilReady();
  const clients = clientsOf(t, cluster.port);
  await cluster.untilLogged('reload.done', {}, 3);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  for (const reason of reasons(cluster)) assert.match(reason, /^app-[01] is \S+ old$/);
  assertPlanned(cluster);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('maxRss: the big one goes, the other stays', async (t) => {
  const cluster = await start(t, 'scripts/leaks.js', { maxRss: '250Mi', jitter: '0%' });
  await cluster.untilReady();
  const { body } = await get(cluster.port, '/leak');
  const leaks = Number(body);
  await cluster.untilLogged('reload.replaced', { predecessor: leaks });
  assert.match(reasons(cluster)[0] ?? '', /^app-[01] holds \d{3}\.\d MiB$/);
  await until('it to be gone', () => cluster.logged('child.exited', { pid: leaks }).length === 1);
  assert.equal(cluster.logged('reload.begun').length, 1);
  assert.equal(await cluster.stop(), 0);
});

for (const egg of EGGS) {
  test(`${egg}: maxRequests`, async (t) => {
    const cluster = await startEgg(t, egg, { config: { workers: { count: 2, recycle: { maxRequests: 50 } } } });
    await cluster.untilReady();
    const clients = clientsOf(t, cluster.port);
    await cluster.untilLogged('reload.done', {}, 2);
    await clients.stop();
    assert.deepEqual(clients.failures, []);
    assertPlanned(cluster);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}
