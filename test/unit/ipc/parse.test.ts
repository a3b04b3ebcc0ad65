import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseFromChild, parseToChild, parseUserMessage } from '#eggcup/ipc/parse.js';

const OWN_KINDS = ['at-gate', 'ready', 'listening', 'start-failed', 'log'];

test("each of a child's own words is read", () => {
  const tcp = { kind: 'tcp', protocol: 'http', host: '0.0.0.0', port: 7001 };
  const words = [
    { eggcup: 'at-gate' },
    { eggcup: 'ready', address: undefined },
    { eggcup: 'ready', address: tcp },
    { eggcup: 'listening', address: { kind: 'unix', path: '/run/app.sock' } },
    { eggcup: 'start-failed', message: 'taken', code: 'EADDRINUSE', stack: 'Error: taken\n    at x.js:1:1' },
    { eggcup: 'start-failed', message: 'no code', code: undefined, stack: undefined },
    { eggcup: 'log', event: 'worker.uncaught', level: 'error', text: 'Error: boom' },
  ];
  for (const message of words) assert.deepEqual(parseFromChild(message), { kind: 'own', message });
});

test('what is more in an own word than belongs there is left behind', () => {
  const parsed = parseFromChild({ eggcup: 'at-gate', action: 'egg-ready', to: 'master', pid: 1 });
  assert.deepEqual(parsed, { kind: 'own', message: { eggcup: 'at-gate' } });
});

test('an own word that is not whole is rubbish, not a message of the application', () => {
  const broken = [
    { eggcup: 'exit' },
    { eggcup: 1 },
    { eggcup: null, action: 'x' },
    { eggcup: ['ready'] },
    { eggcup: 'listening' },
    { eggcup: 'listening', address: { kind: 'tcp', host: 'x', port: '7001' } },
    { eggcup: 'listening', address: [] },
    { eggcup: 'start-failed', message: 5 },
    { eggcup: 'log', event: 'stop.done', level: 'error', text: 'forged' },
    { eggcup: 'log', event: 'worker.uncaught', level: 'fatal', text: 'x' },
    { eggcup: 'log', event: 'worker.uncaught', level: 'error' },
  ];
  for (const raw of broken) assert.equal(parseFromChild(raw).kind, 'rubbish', JSON.stringify(raw));
});

test('a port is a whole number between 0 and 65535, or there is no address', () => {
  for (const port of [-1, 65_536, 1.5, 1e99, Number.NaN]) {
    const address = { kind: 'tcp', host: 'x', port };
    assert.equal(parseFromChild({ eggcup: 'listening', address }).kind, 'rubbish', String(port));
  }
});

test("the application's messages keep everything, and a bare text is action and data", () => {
  const message = { action: 'reload', data: { deep: [1] }, to: 'app', receiverPid: '7', other: true };
  assert.deepEqual(parseFromChild(message), { kind: 'user', message });
  assert.deepEqual(parseFromChild('graceful:disconnect'), {
    kind: 'user',
    message: { action: 'graceful:disconnect', data: 'graceful:disconnect' },
  });
});

test('nulls, numbers, arrays, errors and nameless objects are rubbish', () => {
  for (const raw of [null, undefined, 0, true, [], ['action'], {}, { action: 5 }, { action: null }, new Error('x')]) {
    assert.equal(parseFromChild(raw).kind, 'rubbish');
    assert.equal(parseUserMessage(raw), undefined);
  }
});

test('a __proto__ sent as JSON lends nothing to the message and pollutes nothing', () => {
  const own: unknown = JSON.parse('{"__proto__":{"eggcup":"at-gate"}}');
  assert.equal(parseFromChild(own).kind, 'rubbish');
  const user: unknown = JSON.parse('{"action":"x","__proto__":{"to":"master","polluted":1}}');
  const message = parseUserMessage(user);
  assert.equal(message?.to, undefined);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('a message of many megabytes or of great depth is passed on as it is', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 10_000; level += 1) deep = [deep];
  const message = { action: 'big', data: { deep, text: 'x'.repeat(8_000_000) } };
  const parsed = parseUserMessage(message);
  assert.equal(parsed?.data, message.data);
});

test('any JSON is read without a throw, and only the envelope makes it one of the own words', () => {
  const key = fc.constantFrom('eggcup', 'action', 'data', 'address', 'message', '__proto__', 'to', 'text', 'level');
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...OWN_KINDS, 'tcp', 'worker.uncaught', 'error'));
  const shaped = fc.array(fc.tuple(key, value)).map((entries) => JSON.stringify(Object.fromEntries(entries)));
  fc.assert(
    fc.property(fc.oneof(shaped, fc.json()), (text) => {
      const raw: unknown = JSON.parse(text);
      const parsed = parseFromChild(raw);
      const envelope = typeof raw === 'object' && raw !== null && Object.hasOwn(raw, 'eggcup');
      if (parsed.kind === 'own') {
        assert.ok(envelope);
        assert.ok(OWN_KINDS.includes(parsed.message.eggcup));
      }
      if (parsed.kind === 'user') assert.ok(!envelope && typeof parsed.message.action === 'string');
    }),
    { numRuns: 2000 },
  );
});

test("in a child only the master's two words are heard", () => {
  const open = { eggcup: 'open', task: {} };
  assert.equal(parseToChild(open), open);
  assert.notEqual(parseToChild({ eggcup: 'prepare', framework: '/app/egg.js' }), undefined);
  for (const raw of [null, 'open', [], { eggcup: 'close' }, { action: 'open' }]) {
    assert.equal(parseToChild(raw), undefined);
  }
});
