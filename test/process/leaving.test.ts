/** App workers that stop listening though the master has not told them to, and some that are told before they listen. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Cluster, startScript } from '../helpers/cluster.js';
import { openControl, socketOf } from '../helpers/control.js';
import { Load, ask } from '../helpers/load.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

/** One worker, which has a request that is never answered; `end` says how that one ended. */
async function startBusy(t: TestContext): Promise<{ cluster: Cluster & { port: number }; end: Promise<string> }> {
  const cluster = await startScript(t, 'scripts/closes.js', {
    workers: { count: 1 },
    shutdown: { app: '2s', agent: '1s' },
  });
  await cluster.untilReady();
  const end = get(cluster.port, '/hang').then(
    () => 'answered',
    () => 'cut',
  );
  await until('the request to be there', () => cluster.output.includes('hangs'));
  return { cluster, end };
}

test('who gets SIGTERM from somebody else is replaced at once, and killed when its time is over', async (t) => {
  const { cluster, end } = await startBusy(t);
  const before = cluster.kill('app-0', 'SIGTERM');
  await cluster.untilLogged('child.leaving', { pid: before });
  const after = await cluster.untilReplaced('app-0', before);
  assert.equal((await get(cluster.port)).body, String(after));
  await cluster.untilLogged('child.killed', { pid: before, state: 'leaving' });
  const order = cluster.log.map(({ event, pid }) => `${event} ${String(pid)}`);
  assert.ok(order.indexOf(`child.ready ${after}`) < order.indexOf(`child.killed ${before}`));
  assert.deepEqual(cluster.logged('child.unready'), []);
  assert.equal(await end, 'cut');
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('who was told by the master leaves as it was told to', async (t) => {
  const { cluster } = await startBusy(t);
  assert.equal(await cluster.stop(), 15);
  assert.deepEqual(cluster.logged('child.leaving'), []);
});

test('who closes its server is not ready from that moment on, though a request of it is still open', async (t) => {
  const { cluster, end } = await startBusy(t);
  const pid = cluster.kill('app-0', 'SIGUSR2');
  await cluster.untilLogged('child.unready', { pid });
  await until('ready to go', () => !cluster.hasFile('ready'));
  assert.equal(await Promise.race([end, Promise.resolve('open')]), 'open');
  await assert.rejects(get(cluster.port), /ECONNREFUSED/);
  process.kill(pid, 'SIGUSR2');
  await until('ready to come back', () => cluster.hasFile('ready'));
  assert.equal((await get(cluster.port)).body, String(pid));
});

test('a call of listen that throws holds up no end', async (t) => {
  const cluster = await startScript(t, 'scripts/listens-wrongly.js');
  await cluster.untilReady();
  for (const code of ['ERR_SERVER_ALREADY_LISTEN', 'ERR_SOCKET_BAD_PORT'])
    await until(code, () => cluster.output.split(code).length > 2);
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(cluster.logged('child.killed'), []);
});

const ROUNDS = 20;

for (const strategy of ['roundRobin', 'shared']) {
  test(`${strategy}: who is told to end while it comes to listen loses nobody's request`, async (t) => {
    const cluster = await startScript(t, 'scripts/hello.js', { listen: { strategy } });
    await cluster.untilReady();
    const scale = (workers: number): void =>
      void openControl(t, socketOf(cluster), `${JSON.stringify({ request: 'scale', workers })}\n`);
    const clients = Array.from({ length: 8 }, () => () => ask({ port: cluster.port, agent: false }));
    const load = new Load(t, clients);
    for (let round = 0; round < ROUNDS; round += 1) {
      const ready = cluster.logged('child.ready').length;
      scale(8);
      await cluster.untilLogged('child.ready', {}, ready + 1);
      scale(2);
      await until('two to be left', () => cluster.status()?.children.length === 2);
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.doesNotMatch(cluster.output + cluster.errors, /ERR_INTERNAL_ASSERTION/);
    assert.equal(await cluster.stop(), 0);
    t.diagnostic(`${load.answered} answers`);
  });
}
