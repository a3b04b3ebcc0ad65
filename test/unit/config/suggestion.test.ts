import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '#eggcup/config/suggestion.js';

test('a slip of the hand finds what was meant, and another word finds nothing', () => {
  const rows = [
    ['cuont', ['count', 'min', 'max'], 'count'],
    ['mni', ['count', 'min', 'max'], 'min'],
    ['COUNT', ['count'], 'count'],
    ['memoryPerWorkers', ['memoryPerWorker', 'heap'], 'memoryPerWorker'],
    ['inof', ['debug', 'info', 'error'], 'info'],
    ['cpu', ['env', 'args'], undefined],
    ['', ['a'], undefined],
    ['x'.repeat(1e6), ['count'], undefined],
  ] as const;
  for (const [word, candidates, expected] of rows) assert.equal(nearest(word, candidates), expected, word.slice(0, 20));
});
