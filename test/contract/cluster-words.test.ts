/** The words of Node's cluster module that Handover and StickyHandover live on. A Node that says it in others fails here. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { test } from 'node:test';
import { fixture } from '../helpers/cluster.js';
import { freePort, get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

type Word = Readonly<Record<string, unknown>>;

test('round robin tells a worker of a connection, and both of listening and closing, as it always has', async (t) => {
  const port = await freePort();
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: fixture('scripts/closes.js'), execArgv: [] });
  const worker = cluster.fork({ PORT: String(port) });
  t.after(() => worker.process.kill('SIGKILL'));
  const said: { readonly word: Word; readonly handle: Word }[] = [];
  const heard: Word[] = [];
  const child: ChildProcess = worker.process;
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (word: unknown, handle?: unknown, ...others: unknown[]) => {
    const { fd, close, getpeername } = (handle ?? {}) as Word;
    said.push({ word: { ...(word as Word) }, handle: { fd, close, getpeername } });
    return send(word, handle, ...others);
  };
  child.on('internalMessage', (word: Word) => heard.push(word));

  await until('it to listen', () => heard.some(({ act }) => act === 'listening'));
  const query = heard.find(({ act }) => act === 'queryServer');
  const answer = said.find(({ word }) => word['ack'] === query?.['seq'])?.word;
  assert.equal(answer?.['cmd'], 'NODE_CLUSTER');
  assert.equal(answer?.['act'], undefined);
  assert.ok(!answer?.['errno']);
  const key = answer?.['key'];
  assert.equal(typeof key, 'string');

  await get(port);
  const told = said.find(({ word }) => word['act'] === 'newconn');
  assert.equal(told?.word['cmd'], 'NODE_CLUSTER');
  assert.equal(told?.word['key'], key);
  assert.equal(typeof told?.word['seq'], 'number');
  assert.equal(typeof told?.handle['fd'], 'number');
  assert.equal(typeof told?.handle['close'], 'function');
  assert.equal(typeof told?.handle['getpeername'], 'function');
  const taken = await until('it to take the connection', () => heard.find(({ ack }) => ack === told?.word['seq']));
  assert.equal(taken['cmd'], 'NODE_CLUSTER');
  assert.equal(taken['accepted'], true);

  child.kill('SIGUSR2');
  const closed = await until('it to close its server', () => heard.find(({ act }) => act === 'close'));
  assert.equal(closed['key'], key);
});
