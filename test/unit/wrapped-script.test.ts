import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWrapped, wrap } from '#eggcup/wrapped-script.js';

test('a text is the wrapped source of one source only, to its last character', () => {
  for (const source of ['', 'a', 'module.exports = "für";', '今日は']) {
    const text = wrap(source);
    assert.ok(isWrapped(text, source));
    for (let at = 0; at < text.length; at += 1) {
      const other = `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 0x2000)}${text.slice(at + 1)}`;
      assert.ok(!isWrapped(other, source), other);
    }
    for (const other of [` ${text}`, `${text} `, text.slice(1), text.slice(0, -1), source])
      assert.ok(!isWrapped(other, source), other);
  }
});
