/** Several messages in one write: to whoever reads them it is as if each had been written by itself. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { BatchedChannel } from '#eggcup/ipc/batched-channel.js';
import { channelHandleOf } from '#eggcup/ipc/channel-handle.js';
import { Outbox } from '#eggcup/process/outbox.js';
import { fixture } from '../helpers/cluster.js';
import { stateOf } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

const COUNT = 1000;
const ALL = Array.from({ length: COUNT }, (_, index) => index);

interface Heard {
  readonly child: ChildProcess;
  readonly messages: unknown[];
  readonly ended: Promise<unknown>;
}

function start(t: TestContext, file: string, ...args: readonly string[]): Heard {
  const child = fork(fixture(file), args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  return { child, messages, ended: once(child, 'close') };
}

function indexes(messages: readonly unknown[]): readonly unknown[] {
  return messages.map((message) => (message as { index?: number }).index);
}

for (const way of ['exit', 'throw', 'disconnect', 'killed', 'changed']) {
  test(`all messages of a turn arrive, in order, and as they were sent: ${way}`, async (t) => {
    const { messages, ended } = start(t, 'talk/batches.mjs', way);
    await ended;
    assert.deepEqual(indexes(messages), ALL);
  });
}

test('what is sent while the process exits is sent at once', async (t) => {
  const { messages, ended } = start(t, 'talk/batches.mjs', 'late');
  await ended;
  assert.deepEqual(indexes(messages), ALL.slice(0, 100));
});

test('a thousand messages of a turn take few writes', async (t) => {
  const { messages, ended } = start(t, 'talk/batches.mjs', 'writes');
  await ended;
  assert.deepEqual(indexes(messages.slice(1, -1)), ALL);
  const { writes } = messages.at(-1) as { writes: number };
  assert.ok(writes < 10, `${writes} writes`);
});

test('a few messages are on their way before the sender goes on', async (t) => {
  const { messages } = start(t, 'talk/batches.mjs', 'blocked');
  await until('both to arrive from a process whose loop hangs', () => messages.length === 2);
});

test('servers, texts, long messages, options and what looks like a batch keep their place', async (t) => {
  const { child, messages, ended } = start(t, 'talk/batches.mjs', 'mixed');
  const servers: unknown[] = [];
  child.on('message', (_message, passed) => passed !== undefined && servers.push(passed));
  await ended;
  assert.equal(messages.pop(), 'eggcup:batch');
  const seen = messages.map((message) => (typeof message === 'string' ? Number(message) : indexes([message])[0]));
  assert.deepEqual(seen, ALL);
  assert.equal(servers.length, COUNT / 100);
  for (const server of servers) (server as { close(): void }).close();
});

test('the same at the other end, with callbacks for each, in the order of the messages', async (t) => {
  const { child, messages } = start(t, 'talk/echo.mjs');
  const channel = new BatchedChannel(child, channelHandleOf(child), 0);
  const sent: number[] = [];
  for (const index of ALL) channel.send({ index }, undefined, undefined, () => sent.push(index));
  await until('the echo of all', () => messages.length === COUNT);
  assert.deepEqual(indexes(messages), ALL);
  assert.deepEqual(sent, ALL);
  child.disconnect();
  let failure: Error | null = null;
  channel.send({ index: 0 }, undefined, undefined, (error) => {
    failure = error;
  });
  await until('to be told that the channel is closed', () => failure !== null);
  assert.equal((failure as unknown as NodeJS.ErrnoException).code, 'ERR_IPC_CHANNEL_CLOSED');
});

test('where the channel has another way of writing than expected, each message goes its own way', async (t) => {
  const { child, messages } = start(t, 'talk/echo.mjs');
  const channel = new BatchedChannel(child, undefined, 0);
  for (const index of ALL) channel.send({ index });
  await until('the echo of all', () => messages.length === COUNT);
  assert.deepEqual(indexes(messages), ALL);
  child.disconnect();
});

for (const way of ['deserted', 'alone'])
  test(`what is left when the other end has gone harms nobody: ${way}`, async (t) => {
    const { child, messages } = start(t, 'talk/batches.mjs', way);
    const exited = once(child, 'exit');
    await until('the first to arrive', () => messages.length > 0);
    child.disconnect();
    assert.deepEqual(await exited, [7, null]);
  });

test('who does not read costs no more while a server is on its way to it', async (t) => {
  const child = fork(fixture('talk/echo.mjs'), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  const channel = new BatchedChannel(child, channelHandleOf(child), 4);
  const told: string[] = [];
  const outbox = new Outbox(channel, {
    drained: () => told.push('drained'),
    overflowed: () => told.push('overflowed'),
  });
  outbox.send({ index: 0 });
  await once(child, 'message');
  child.kill('SIGSTOP');
  await until('it to stop', () => stateOf(child.pid ?? 0) === 'T');
  const server = createServer().listen(0);
  t.after(() => server.close());
  await once(server, 'listening');
  const message = { text: 'x'.repeat(10_000) };
  // The first of a turn go their own way, by which Node tells what waits.
  for (let count = 0; count < 4; count += 1) outbox.send(message);
  child.send({ index: 1 }, server);
  for (let count = 0; count < 5000; count += 1) outbox.send(message);
  assert.deepEqual(told, ['overflowed']);
  child.kill('SIGCONT');
  await until('it to catch up', () => told.includes('drained'));
});
