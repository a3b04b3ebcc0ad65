import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { type Messenger, messenger } from 'eggcup';

test('outside of eggcup the messenger sends nothing, and nothing throws', () => {
  const heard: unknown[] = [];
  messenger.on('action', (data) => heard.push(data));
  messenger.sendToApp('action', 1);
  messenger.sendToAgent('action', 2);
  messenger.sendRandom('action', 3);
  messenger.sendTo(process.pid, 'action', 4);
  messenger.broadcast('action', 5);
  assert.deepEqual(heard, []);
  assert.deepEqual(messenger.pids, []);
});

test('CommonJS gets the same messenger', () => {
  const required = createRequire(import.meta.url)('eggcup') as { messenger: Messenger };
  assert.equal(required.messenger, messenger);
});
