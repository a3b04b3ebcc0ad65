/** How processes of a container end, and the container: out of memory, killed, abandoned, by crashes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from '../../helpers/cluster.js';
import { Container } from '../../helpers/cgroup-v2.js';
import { freePort, get } from '../../helpers/net.js';

const MEMORY = { 'memory.max': '200M', 'memory.swap.max': '0' };

test('a worker that the kernel kills for memory is told from one that somebody has killed', async (t) => {
  const port = await freePort();
  const config = { app: { script: fixture('scripts/leaks.js'), port }, workers: { count: 1 }, restart: { limit: 2 } };
  const container = new Container(t, MEMORY, config);
  const { cluster } = container;
  await cluster.untilReady();
  container.kill('app-0');
  const plain = await cluster.untilLogged('child.exited', { signal: 'SIGKILL' });
  assert.equal(plain['cause'], undefined);
  assert.equal(container.count('memory.events', 'oom_kill'), 0);

  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  await get(port, '/leak').catch(() => undefined);
  assert.equal(await cluster.ended(), 13);
  assert.equal(container.count('memory.events', 'oom_kill'), 1);
  const killed = cluster.logged('child.exited', { signal: 'SIGKILL' })[1];
  assert.match(String(killed?.['cause']), /^out of memory \(limit 200\.0 MiB, last seen at \d+\.\d MiB\)$/);
  const message = container.terminationMessage;
  assert.match(message, /^eggcup exits with code 13: /);
  assert.match(
    message,
    /app-0 \(pid \d+\): SIGKILL\n.*app-0 \(pid \d+\): SIGKILL by the kernel, out of memory \(limit 200/,
  );
  await cluster.assertGone();
});

test('with memory.oom.group, as Kubernetes sets it since 1.28, the whole container dies: 137 from outside', async (t) => {
  const port = await freePort();
  const config = { app: { script: fixture('scripts/leaks.js'), port }, workers: { count: 1 } };
  const container = new Container(t, { ...MEMORY, 'memory.oom.group': '1' }, config);
  await container.cluster.untilReady();
  await get(port, '/leak').catch(() => undefined);
  assert.equal(await container.cluster.ended(), 137);
  assert.equal(container.count('memory.events', 'oom_group_kill'), 1);
  assert.deepEqual(container.processes, []);
});

test('repeated exceptions end the container with 13', async (t) => {
  const port = await freePort();
  const app = { script: fixture('scripts/crash-on-request.js'), port };
  // The request that throws is never answered: it is open as long as the worker may drain.
  const shutdown = { app: '1s' };
  const container = new Container(t, MEMORY, { app, workers: { count: 1 }, restart: { limit: 2 }, shutdown });
  const { cluster } = container;
  await cluster.untilReady();
  for (const crashes of [1, 2]) {
    await cluster.untilLogged('child.ready', { slot: 'app-0' }, crashes);
    await get(port, '/throw').catch(() => undefined);
    await cluster.untilLogged('child.exited', { slot: 'app-0' }, crashes);
  }
  assert.equal(await cluster.ended(), 13);
  assert.match(container.terminationMessage, /^eggcup exits with code 13: [^]*boom in a request/);
  await cluster.assertGone();
});
