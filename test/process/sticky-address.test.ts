/** `listen.sticky: address`: whoever comes from an address gets its worker, on every connection. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { startScript } from '../helpers/cluster.js';
import { heaviest } from '#eggcup/sticky/rendezvous.js';
import { type Client, askAs, replaced, slots, slotsOf, startSticky, workerOf } from '../helpers/sticky.js';

/** From so many addresses of this machine. */
const CLIENTS: readonly Client[] = Array.from({ length: 60 }, (_, index) => ({
  from: `127.0.${index % 3}.${index + 2}`,
}));

test('each connection of an address goes to the slot that its hash says', async (t) => {
  const cluster = await startSticky(t, 'address');
  const expected = CLIENTS.map(({ from }) => heaviest(from ?? '', slots()));
  for (let round = 0; round < 3; round += 1) assert.deepEqual(await slotsOf(cluster, CLIENTS), expected);
  assert.equal(new Set(expected).size, 3, 'not every worker has clients');
  assert.equal(cluster.logged('boot', { sticky: 'address' }).length, 1);
  assert.equal(await cluster.stop(), 0);
});

test('a client over IPv6 keeps its worker too', { skip: hasIPv6() ? false : 'this machine has no IPv6' }, async (t) => {
  const cluster = await startSticky(t, 'address');
  const expected = heaviest('::1', slots());
  assert.deepEqual(
    new Set(
      await slotsOf(
        cluster,
        Array.from({ length: 20 }, () => ({ to: '::1' })),
      ),
    ),
    new Set([expected]),
  );
  assert.equal(await cluster.stop(), 0);
});

test('without it connections take turns: what these tests look at is not there by itself', async (t) => {
  const cluster = await startSticky(t, 'none');
  const seen = new Set<number>();
  for (let count = 0; count < 20; count += 1) seen.add(await workerOf(cluster.port, { from: '127.0.0.9' }));
  assert.equal(seen.size, 3);
  assert.equal(await cluster.stop(), 0);
});

test("a killed worker's clients go to the others and come back; nobody else moves", async (t) => {
  const cluster = await startSticky(t, 'address', { restart: { backoff: { initial: '2s', max: '2s' } } });
  const before = await slotsOf(cluster, CLIENTS);
  const killed = cluster.pidOf('app-1');
  assert.ok(killed);
  // The first crash has no wait: the second leaves a moment to look at.
  process.kill(killed, 'SIGKILL');
  const second = await replaced(cluster, 'app-1', killed);
  process.kill(second, 'SIGKILL');
  await cluster.untilLogged('child.exited', { pid: second });
  const without = slots().filter((slot) => slot !== 'app-1');
  const expected = CLIENTS.map(({ from }) => heaviest(from ?? '', without));
  const meanwhile = await slotsOf(cluster, CLIENTS);
  assert.deepEqual(meanwhile, expected);
  for (const [index, slot] of before.entries()) if (slot !== 'app-1') assert.equal(meanwhile[index], slot);
  await replaced(cluster, 'app-1', second);
  assert.deepEqual(await slotsOf(cluster, CLIENTS), before);
  assert.equal(await cluster.stop(), 0);
});

test('one worker more takes its share, one fewer gives it back', async (t) => {
  const cluster = await startSticky(t, 'address');
  const before = await slotsOf(cluster, CLIENTS);
  cluster.signal('SIGTTIN');
  await replaced(cluster, 'app-3', 0);
  const expected = CLIENTS.map(({ from }) => heaviest(from ?? '', slots(4)));
  assert.deepEqual(await slotsOf(cluster, CLIENTS), expected);
  cluster.signal('SIGTTOU');
  await cluster.untilLogged('child.exited', { slot: 'app-3' });
  assert.deepEqual(await slotsOf(cluster, CLIENTS), before);
  assert.equal(await cluster.stop(), 0);
});

test('a worker that takes no more connections (maxConnections) leaves them to the next', async (t) => {
  const cluster = await startScript(t, 'scripts/full.js', { listen: { sticky: 'address' }, workers: { count: 2 } });
  await cluster.untilReady();
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const [first, second] = [await askAs(cluster.port, { agent }), await askAs(cluster.port)];
  assert.notEqual(first.body, second.body);
  // Both are full now, for this one's connection is kept as well; a place becomes free.
  const other = new Agent({ keepAlive: true });
  assert.equal((await askAs(cluster.port, { agent: other })).body, second.body);
  const third = askAs(cluster.port);
  setTimeout(() => other.destroy(), 200);
  assert.equal((await third).body, second.body);
  assert.equal(await cluster.stop(), 0);
});

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
}
