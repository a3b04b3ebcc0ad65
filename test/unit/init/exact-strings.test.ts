import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastStrings, terminated } from '#eggcup/init/exact-strings.js';

test('the last words of a command line are found, empty ones too, with bytes that are no UTF-8', () => {
  const line = Buffer.concat([terminated(['node', 'entry.js', '--', 'cmd', '']), Buffer.from([0xff, 0x00])]);
  assert.deepEqual(lastStrings(line, 3), Buffer.concat([terminated(['cmd', '']), Buffer.from([0xff, 0x00])]));
  assert.deepEqual(lastStrings(line, 1), Buffer.from([0xff, 0x00]));
  assert.deepEqual(lastStrings(line, 6), line);
  assert.deepEqual(lastStrings(terminated(['a', '', '']), 2), terminated(['', '']));
});

test('a command line that does not hold so many words is not believed', () => {
  assert.equal(lastStrings(terminated(['a', 'b']), 3), undefined);
  assert.equal(lastStrings(Buffer.alloc(0), 1), undefined);
  assert.equal(lastStrings(undefined, 1), undefined);
});
