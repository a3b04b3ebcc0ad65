import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrival } from '#eggcup/worker/arrival.js';

/** As a message of the master's comes. */
const say = (text: string): unknown => process.emit('message', text, undefined);

test('what is said between the arrival and whoever is to hear it is heard by them, once and in order', (t) => {
  const heard: string[] = [];
  const listenAs = (name: string): NodeJS.MessageListener => {
    const listener: NodeJS.MessageListener = (raw) => heard.push(`${name} ${String(raw)}`);
    process.on('message', listener);
    t.after(() => process.off('message', listener));
    return listener;
  };
  const first = listenAs('first');
  const arrival = new Arrival();
  say('a');
  say('b');
  assert.equal(arrival.said.shift(), 'a'); // By who waits at the gate.
  const earlier = process.listeners('message');
  assert.ok(earlier.includes(first));
  listenAs('late');
  listenAs('last');
  arrival.end(earlier);
  say('c');
  assert.deepEqual(heard, ['first a', 'first b', 'late b', 'last b', 'first c', 'late c', 'last c']);
});
