import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  formatDuration,
  MAX_DURATION_MS,
  parseCpu,
  parseDuration,
  parseShare,
  parseSize,
  suggestCpu,
  suggestDuration,
  suggestSize,
} from '#eggcup/config/units.js';

const table = <T>(parse: (text: string) => T, rows: readonly (readonly [string, T])[]): void => {
  for (const [text, expected] of rows) assert.deepEqual(parse(text), expected, JSON.stringify(text));
};

test('durations are milliseconds', () => {
  table(parseDuration, [
    ['30s', 30_000],
    ['1500ms', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['1.001s', 1001],
    ['0s', 0],
  ]);
});

test('what is no duration is none', () => {
  for (const text of ['30', '-1s', 'NaN', 'NaNs', '1e9999s', '1e3s', '', 's', '1 s', '.5s', '1.s', '1d', '30S', '1s2'])
    assert.equal(parseDuration(text), undefined, text);
});

test('sizes are bytes, with powers of 1024 and of 1000', () => {
  table(parseSize, [
    ['512Mi', 512 * 2 ** 20],
    ['1Gi', 2 ** 30],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['100Ki', 102_400],
    ['160M', 160e6],
    ['1k', 1000],
    ['1048576B', 1_048_576],
  ]);
});

test('what is no size is none', () => {
  for (const text of ['512', '512m', '512MB', '512MiB', '-1Mi', '1e3Mi', 'Mi', '1 Gi', '1K'])
    assert.equal(parseSize(text), undefined, text);
});

test('CPUs are thousandths of one', () => {
  table(parseCpu, [
    ['1500m', 1.5],
    ['1m', 0.001],
    ['0250m', 0.25],
    ['1.5', undefined],
    ['2', undefined],
    ['-1m', undefined],
    ['1.5m', undefined],
  ]);
});

test('shares are parts of one', () => {
  table(parseShare, [
    ['80%', 0.8],
    ['100%', 1],
    ['0%', 0],
    ['12.5%', 0.125],
    ['101%', undefined],
    ['100.5%', undefined],
    ['80', undefined],
    ['-1%', undefined],
  ]);
});

test('a formatted duration is read as what it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_DURATION_MS }), (ms) => parseDuration(formatDuration(ms)) === ms),
  );
});

test('a suggestion for a duration or a size is one', () => {
  const amount = fc.integer({ min: 1, max: 1e9 }).map(String);
  const durations = fc.constantFrom('', 'ms', 'msec', 'sec', ' s', 'min', 'Minutes', 'H', 'hours');
  fc.assert(fc.property(amount, durations, (n, unit) => parseDuration(suggestDuration(n + unit) ?? '') !== undefined));
  const sizes = fc.constantFrom('', 'm', 'mb', 'MiB', ' Gi', 'gb', 'KB', 'K', 'kib');
  fc.assert(fc.property(amount, sizes, (n, unit) => parseSize(suggestSize(n + unit) ?? '') !== undefined));
});

test('suggestions keep the size that was probably meant', () => {
  table(suggestDuration, [
    ['30', '30s'],
    ['30000', '30000ms'],
    ['5 min', '5m'],
    ['soon', undefined],
  ]);
  table(suggestCpu, [
    ['2', '2000m'],
    ['1.5', '1500m'],
    ['0.25 cpu', '250m'],
    ['4 cores', '4000m'],
    ['0', undefined],
    ['0m', undefined],
    ['many', undefined],
  ]);
  table(suggestSize, [
    ['512', '512Mi'],
    ['536870912', '536870912B'],
    ['512m', '512Mi'],
    ['512MB', '512M'],
    ['1gib', '1Gi'],
    ['big', undefined],
  ]);
});
