/** A child writes to its channel what is no message. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { guardChannel } from '#eggcup/process/guard-channel.js';
import { fixture } from '../helpers/cluster.js';
import { until } from '../helpers/until.js';

interface Heard {
  readonly messages: unknown[];
  readonly internal: unknown[];
  readonly unreadable: Error[];
}

/** What is heard of a child that writes these pieces, each when `heard` says that the one before has come. */
async function hear(
  t: TestContext,
  pieces: readonly (string | Buffer)[],
  hasCome: readonly ((heard: Heard) => boolean)[],
): Promise<Heard> {
  const args = pieces.map((piece) => Buffer.from(piece as string).toString('base64'));
  const child: ChildProcess = fork(fixture('talk/raw-lines.mjs'), args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const heard: Heard = { messages: [], internal: [], unreadable: [] };
  guardChannel(child, (error) => heard.unreadable.push(error));
  child.on('message', (message) => heard.messages.push(message));
  child.on('internalMessage', (message) => heard.internal.push(message));
  const ended = once(child, 'exit');
  for (const isThere of hasCome) {
    await until('the piece', () => isThere(heard));
    child.send({});
  }
  assert.deepEqual(await ended, [0, null]);
  return heard;
}

test('what stands before and behind a broken line is heard, once and in order', async (t) => {
  const text = '{"n":1}\nno json\n{"n":2}\n{"cmd":"NODE_TEST"}\nnull\n\n{"n":3}\n';
  const { messages, internal, unreadable } = await hear(t, [text], [({ messages: come }) => come.length === 4]);
  assert.deepEqual(messages, [{ n: 1 }, { n: 2 }, null, { n: 3 }]);
  assert.deepEqual(internal, [{ cmd: 'NODE_TEST' }]);
  assert.equal(unreadable.length, 1);
});

test('a line in two pieces behind a broken one is whole, cut in a character too', async (t) => {
  const line = Buffer.from('{"n":"é"}\n');
  const cut = line.indexOf(0xa9);
  const pieces = [
    Buffer.concat([Buffer.from('no json\n'), line.subarray(0, cut)]),
    line.subarray(cut),
    'x',
    'y\n{"n":2}\n',
  ];
  const { messages, unreadable } = await hear(t, pieces, [
    ({ unreadable: come }) => come.length === 1,
    ({ messages: come }) => come.length === 1,
    () => true,
    ({ messages: come }) => come.length === 2,
  ]);
  assert.deepEqual(messages, [{ n: 'é' }, { n: 2 }]);
  assert.equal(unreadable.length, 2);
});
