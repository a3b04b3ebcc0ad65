import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { interpolate, InterpolationError, type Sources } from '#eggcup/config/interpolate.js';

const variables = new Map([
  ['PORT', '7001'],
  ['EMPTY', ''],
  ['NAME', 'pass'],
]);
const files = new Map([
  ['/run/pass', 'secret\n'],
  ['two', 'a\nb\r\n'],
]);
const sources: Sources = {
  variable: (name) => variables.get(name),
  file: (path) => {
    const text = files.get(path);
    if (text === undefined) throw new Error('ENOENT');
    return text;
  },
};

test('each form is replaced', () => {
  const rows = [
    ['plain', 'plain'],
    ['${PORT}', '7001'],
    ['http://h:${PORT}/x', 'http://h:7001/x'],
    ['${EMPTY}', ''],
    ['${PORT:-1}', '7001'],
    ['${UNSET:-1}', '1'],
    ['${EMPTY:-1}', '1'],
    ['${UNSET:-}', ''],
    ['${UNSET:-${EMPTY:-${PORT}}}', '7001'],
    ['${PORT:-${UNSET}}', '7001'],
    ['${PORT:?set it}', '7001'],
    ['${file:/run/pass}', 'secret'],
    ['${file:/run/${NAME}}', 'secret'],
    ['${file:two}', 'a\nb'],
    ['$$', '$'],
    ['$${PORT}', '${PORT}'],
    ['$PORT $', '$PORT $'],
    ['a}b', 'a}b'],
  ] as const;
  for (const [text, expected] of rows) assert.equal(interpolate(text, sources).text, expected, text);
});

test('what cannot be replaced says what and how to write it', () => {
  const rows = [
    ['${UNSET}', 'the variable UNSET is not set; set it, or write ${UNSET:-default}'],
    ['${UNSET:?}', 'the variable UNSET is not set; set it'],
    ['${EMPTY:?set ${NAME}}', 'the variable EMPTY is not set: set pass'],
    ['${PORT', '${ has no closing }; write $$ for a plain $'],
    ['${UNSET:-a', '${ has no closing }; write $$ for a plain $'],
    ['${}', 'a name must follow ${; write $$ for a plain $'],
    ['${1A}', 'a name must follow ${; write $$ for a plain $'],
    ['${PORT-1}', 'after ${PORT there must be }, :-default or :?message'],
    ['${file:}', 'a path must follow ${file:'],
    ['${file:nope}', '${file:nope} cannot be read: ENOENT'],
    ['${UNSET:?${file:/run/pass}}', 'the variable UNSET is not set: (not shown)'],
    ['${file:${file:/run/pass}}', '${file:(not shown)} cannot be read'],
  ] as const;
  for (const [text, message] of rows) assert.throws(() => interpolate(text, sources), { message }, text);
});

test('text from a file is hidden, and variables are named', () => {
  assert.equal(interpolate('a${file:two}', sources).isHidden, true);
  assert.equal(interpolate('${PORT}', sources).isHidden, false);
  assert.deepEqual(interpolate('${PORT}${UNSET:-x}${NAME}', sources).variables, ['PORT', 'NAME']);
});

test('a text whose dollars are doubled stays what it was', () => {
  fc.assert(fc.property(fc.string(), (text) => interpolate(text.replaceAll('$', '$$$$'), sources).text === text));
});

test('any text is replaced or refused, never anything else', () => {
  const pieces = fc.array(fc.constantFrom('$', '${', '}', ':-', ':?', 'PORT', 'UNSET', 'file:', 'two', ' '));
  const property = fc.property(pieces, (parts) => {
    try {
      interpolate(parts.join(''), sources);
    } catch (error) {
      assert.ok(error instanceof InterpolationError);
    }
  });
  fc.assert(property, { numRuns: 1000 });
});
