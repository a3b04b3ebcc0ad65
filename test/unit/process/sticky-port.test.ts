import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { StickyPort, type Taker, type Waiting } from '#eggcup/process/sticky-port.js';
import { heaviest } from '#eggcup/sticky/rendezvous.js';

let lastId = 0;

/** A worker's process, later than all before. */
function taker(slot: `app-${number}`): Taker {
  lastId += 1;
  return { id: lastId, slot, child: {} as ChildProcess, send: () => true, given: undefined };
}

function waiting(key: string, home?: `app-${number}`): Waiting {
  const connection = { fd: 0, close: () => undefined };
  return { message: {}, connection, client: { key, home }, refusedBy: new Set() };
}

const MAX_QUEUE = 100;

function portOf(...takers: readonly Taker[]): StickyPort {
  const port = new StickyPort(MAX_QUEUE);
  for (const one of takers) port.add(one);
  return port;
}

test('a connection waits for the slot of its hash, or for its home while that lives', () => {
  const [zero, one] = [taker('app-0'), taker('app-1')];
  const port = portOf(zero, one);
  assert.equal(port.enqueue(waiting('a'))?.slot, heaviest('a', ['app-0', 'app-1']));
  assert.equal(port.enqueue(waiting('a', 'app-0')), zero);
  assert.equal(port.enqueue(waiting('a', 'app-1')), one);
  assert.equal(port.enqueue(waiting('a', 'app-7'))?.slot, heaviest('a', ['app-0', 'app-1']));
});

test('of two processes of a slot the newer one has the clients, whichever listened first', () => {
  const [older, newer] = [taker('app-0'), taker('app-0')];
  const port = portOf(newer, older);
  const first = waiting('a');
  assert.equal(port.enqueue(first), newer);
  assert.equal(port.nextFor(older), undefined);
  assert.deepEqual(port.remove(newer), [], 'the older one is left');
  assert.equal(port.nextFor(older), first);
});

test('who has refused is not asked again; when all have, nobody is', () => {
  const [zero, one] = [taker('app-0'), taker('app-1')];
  const port = portOf(zero, one);
  const refused = waiting('a', 'app-0');
  refused.refusedBy.add(zero);
  assert.equal(port.enqueue(refused), one);
  refused.refusedBy.add(one);
  assert.equal(port.enqueue(refused), undefined);
});

test('with its last process a slot gives up what waits for it', () => {
  const [zero, one] = [taker('app-0'), taker('app-1')];
  const port = portOf(zero, one);
  const left = [waiting('a', 'app-0'), waiting('b', 'app-0')];
  for (const each of left) port.enqueue(each);
  port.enqueue(waiting('c', 'app-1'));
  assert.deepEqual(port.remove(zero), left);
  assert.ok(!port.isClosed);
  assert.equal(port.remove(one).length, 1);
  assert.ok(port.isClosed);
});

test('a queue that is full sends clients to the next slot', () => {
  const [zero, one] = [taker('app-0'), taker('app-1')];
  const port = portOf(zero, one);
  for (let count = 0; count < MAX_QUEUE; count += 1) assert.equal(port.enqueue(waiting('a', 'app-0')), zero);
  assert.equal(port.enqueue(waiting('a', 'app-0')), one);
  port.nextFor(zero);
  assert.equal(port.enqueue(waiting('a', 'app-0')), zero);
});
