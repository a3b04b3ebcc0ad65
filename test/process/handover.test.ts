/** Connections that the master has handed to a worker that dies. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { startScript } from '../helpers/cluster.js';
import { workerPids } from '../helpers/egg.js';
import { limitDescriptors } from '../helpers/descriptors.js';
import { freePort, get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

test('a connection that a killed worker had not taken gets to another one', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const [first] = await workerPids(cluster);
  // It takes nothing more, and so dies with a connection on its way to it.
  process.kill(first, 'SIGSTOP');
  const answers = Array.from({ length: 10 }, () => get(cluster.port));
  await until('the other worker to have answered the rest', async () => (await settled(answers)) === 9);
  process.kill(first, 'SIGKILL');
  const pids = (await Promise.all(answers)).map(({ body }) => Number(body));
  assert.ok(!pids.includes(first));
  assert.equal(await cluster.stop(), 0);
});

test('where nobody else listens it is closed, not left to hang', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  process.kill(pid, 'SIGSTOP');
  // The first is handed to the worker, the others wait in the master, or in the kernel still.
  const closings: Promise<unknown>[] = [];
  for (let count = 0; count < 5; count += 1) {
    const socket = connect(cluster.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    closings.push(new Promise((resolve) => socket.once('close', resolve)));
  }
  process.kill(pid, 'SIGKILL');
  await Promise.all(closings);
  await cluster.untilReplaced('app-0', pid);
  assert.equal((await get(cluster.port)).status, 200);
  assert.equal(await cluster.stop(), 0);
});

test('a worker without a free descriptor takes connections again as soon as it has some', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  assert.equal((await get(cluster.port)).body, String(pid));
  limitDescriptors(pid, 0);
  const answers = Array.from({ length: 3 }, () => get(cluster.port));
  // Handed to it, refused, and handed again: nobody else is there.
  const refusals = await Promise.race([Promise.allSettled(answers), setTimeout(500)]);
  assert.equal(refusals, undefined);
  limitDescriptors(pid, 1024);
  for (const { body } of await Promise.all(answers)) assert.equal(body, String(pid));
  assert.equal((await get(cluster.port)).body, String(pid));
  assert.equal(await cluster.stop(), 0);
});

test('a worker without a free descriptor loses none of its ports', async (t) => {
  const other = await freePort();
  const cluster = await startScript(t, 'scripts/loses-channel.js', {
    workers: { count: 1 },
    app: { env: { OTHER_PORT: String(other), FLAG: '' } },
  });
  await cluster.untilReady();
  const pid = cluster.pidOf('app-0');
  assert.ok(pid);
  limitDescriptors(pid, 0);
  const answers = [get(cluster.port), get(other)];
  assert.equal(await Promise.race([Promise.allSettled(answers), setTimeout(300)]), undefined);
  limitDescriptors(pid, 1024);
  for (const { body } of await Promise.all(answers)) assert.equal(body, String(pid));
  for (const port of [cluster.port, other]) assert.equal((await get(port)).body, String(pid));
  assert.equal(await cluster.stop(), 0);
});

test('meanwhile another worker takes them', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const [first, second] = await workerPids(cluster);
  limitDescriptors(first, 0);
  for (let count = 0; count < 10; count += 1) assert.equal((await get(cluster.port)).body, String(second));
  assert.equal(await cluster.stop(), 0);
});

for (const sticky of ['none', 'address']) {
  test(`a worker that has lost its channel gets no connection any more, while it lives: sticky ${sticky}`, async (t) => {
    const other = await freePort();
    const env = { OTHER_PORT: String(other), FLAG: join(tmpdir(), `eggcup-flag-${process.pid}-${other}`) };
    t.after(() => rmSync(env.FLAG, { force: true }));
    const cluster = await startScript(t, 'scripts/loses-channel.js', {
      workers: { count: 2 },
      listen: { sticky },
      app: { env },
    });
    await cluster.untilReady();
    const blocked = Number((await get(cluster.port, '/block')).body);
    // One of them goes to the one that stands still, by address all.
    const answers = Array.from({ length: 4 }, () => get(cluster.port));
    if (sticky === 'none')
      await until('the other worker to have answered the rest', async () => (await settled(answers)) === 3);
    writeFileSync(env.FLAG, '');
    for (const { body } of await Promise.all(answers)) assert.notEqual(Number(body), blocked);
    for (let count = 0; count < 4; count += 1) assert.notEqual(Number((await get(other)).body), blocked);
    const { slot } = await cluster.untilLogged('child.disconnected', { pid: blocked });
    assert.deepEqual(cluster.logged('child.exited', { pid: blocked }), []);
    await cluster.untilReplaced(String(slot), blocked);
    process.kill(blocked, 'SIGKILL');
    await cluster.untilLogged('child.exited', { pid: blocked });
    assert.equal(await cluster.stop(), 0);
  });
}

async function settled(promises: readonly Promise<unknown>[]): Promise<number> {
  const open = Symbol('open');
  const states = await Promise.all(promises.map((promise) => Promise.race([promise, setImmediate(open)])));
  return states.filter((state) => state !== open).length;
}
