import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valuesOf, withoutHeader } from '#eggcup/worker/head-arguments.js';

const FORMS: readonly (readonly [unknown, readonly string[], unknown])[] = [
  [{ 'Set-Cookie': ['a', 'b'], X: '1' }, ['a', 'b'], { X: '1' }],
  [
    ['Set-Cookie', 'a', 'X', '1', 'set-cookie', 'b'],
    ['a', 'b'],
    ['X', '1'],
  ],
  [
    ['Set-Cookie', ['a', 'b'], 'X', ['1', '2']],
    ['a', 'b'],
    ['X', ['1', '2']],
  ],
  [
    [
      ['set-cookie', ['a', 'b']],
      ['X', '1'],
    ],
    ['a', 'b'],
    ['X', '1'],
  ],
  [200, [], 200],
  ['OK', [], 'OK'],
  [undefined, [], undefined],
  [[], [], []],
];

for (const [argument, values, rest] of FORMS)
  test(`a header in ${JSON.stringify(argument)} is found, and can be taken out`, () => {
    assert.deepEqual(valuesOf(argument, 'set-cookie'), values);
    assert.deepEqual(withoutHeader(argument, 'set-cookie'), rest);
  });
