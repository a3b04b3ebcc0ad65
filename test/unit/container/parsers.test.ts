import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  parseCfsPeriod,
  parseCfsQuota,
  parseCpuList,
  parseCpuMax,
  parseHierarchicalLimit,
  parseMemoryLimit,
} from '#eggcup/container/cgroup-files.js';
import { parseCpusAllowed, parseMemTotal, parseMemberships, parseMountinfo } from '#eggcup/container/proc-files.js';
import { EggcupError } from '#eggcup/errors.js';

test('cpu.max', () => {
  assert.equal(parseCpuMax('150000 100000\n'), 1.5);
  assert.equal(parseCpuMax('25000 100000\n'), 0.25);
  assert.equal(parseCpuMax('max 100000\n'), undefined);
  assert.equal(parseCpuMax('max\n'), undefined);
  for (const text of ['150000', '0 100000', '150000 0', '1e5 100000', '-1 100000', '1 2 3', ' 150000 100000'])
    assert.throws(() => parseCpuMax(text), MALFORMED, text);
});

test('cpu.cfs_quota_us and cpu.cfs_period_us', () => {
  assert.equal(parseCfsQuota('-1\n'), undefined);
  assert.equal(parseCfsQuota('250000\n'), 250_000);
  assert.equal(parseCfsPeriod('100000\n'), 100_000);
  for (const text of ['0', '-2', '', '1.5']) assert.throws(() => parseCfsQuota(text), MALFORMED, text);
  for (const text of ['0', '-1', '']) assert.throws(() => parseCfsPeriod(text), MALFORMED, text);
});

test('memory limits, with the numbers that v1 kernels write for "none"', () => {
  assert.equal(parseMemoryLimit('268435456\n'), 268_435_456);
  assert.equal(parseMemoryLimit('0\n'), 0);
  const none = {
    'cgroup v2': 'max',
    '4 KiB pages': '9223372036854771712',
    '16 KiB pages': '9223372036854759424',
    '64 KiB pages': '9223372036854710272',
    'before Linux 3.19': '9223372036854775807',
    u64: '18446744073709551615',
  };
  for (const [kernel, text] of Object.entries(none)) assert.equal(parseMemoryLimit(`${text}\n`), undefined, kernel);
  for (const text of ['', '-1', '18446744073709551616', '1 GiB', '0x10'])
    assert.throws(() => parseMemoryLimit(text), MALFORMED, text);
});

test('the whole path’s limit in memory.stat', () => {
  assert.equal(parseHierarchicalLimit('cache 1\nhierarchical_memory_limit 1048576\n'), 1_048_576);
  assert.equal(parseHierarchicalLimit('cache 1\nhierarchical_memory_limit 9223372036854771712\n'), undefined);
  assert.equal(parseHierarchicalLimit('cache 1\n'), undefined);
  assert.throws(() => parseHierarchicalLimit('hierarchical_memory_limit x\n'), MALFORMED);
});

test('CPU lists', () => {
  assert.equal(parseCpuList('0-3,7\n'), 5);
  assert.equal(parseCpuList('5\n'), 1);
  assert.equal(parseCpuList('\n'), undefined);
  for (const text of ['0-127:2/4', '3-0', '1,0', '0-3,2', '0,', ',', '-1', '0-', 'all', '0-99999999999'])
    assert.throws(() => parseCpuList(text), MALFORMED, text);
});

test('Cpus_allowed_list of /proc/self/status', () => {
  assert.equal(parseCpusAllowed('Cpus_allowed:\tff\nCpus_allowed_list:\t0-3,7\n'), 5);
  assert.equal(parseCpusAllowed('Name:\tnode\n'), undefined);
  assert.throws(() => parseCpusAllowed('Cpus_allowed_list:\t\n'), MALFORMED);
});

test('/proc/meminfo', () => {
  assert.equal(parseMemTotal('MemTotal:       16777216 kB\nMemFree: 1 kB\n'), 16 * 2 ** 30);
  assert.throws(() => parseMemTotal('MemTotal: many\n'), MALFORMED);
});

test('/proc/self/cgroup', () => {
  assert.deepEqual(parseMemberships('4:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/c d\n'), [
    { version: 1, controllers: ['cpu', 'cpuacct'], path: '/a:b' },
    { version: 1, controllers: ['name=systemd'], path: '/' },
    { version: 2, controllers: [], path: '/c d' },
  ]);
  assert.throws(() => parseMemberships('0::/\nhello\n'), MALFORMED);
});

test('/proc/self/mountinfo: escapes, optional fields and super options', () => {
  const text = [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    String.raw`32 31 0:29 /a\134b /x\040y\011z rw shared:1 master:2 - cgroup  rw,cpu,cpuacct`,
    '',
  ].join('\n');
  assert.deepEqual(parseMountinfo(text), [
    { root: '/', mountPoint: '/sys/fs/cgroup', fsType: 'tmpfs', superOptions: ['rw', 'mode=755'] },
    { root: '/a\\b', mountPoint: '/x y\tz', fsType: 'cgroup', superOptions: ['rw', 'cpu', 'cpuacct'] },
  ]);
  assert.throws(() => parseMountinfo('31 23 0:28 / /sys rw tmpfs tmpfs rw\n'), MALFORMED);
  assert.throws(() => parseMountinfo('31 23 0:28 / /sys rw - tmpfs\n'), MALFORMED);
});

test('whatever the text, a parser returns a number above zero, nothing, or says that the text is malformed', () => {
  const parsers = [parseCpuMax, parseCfsQuota, parseCfsPeriod, parseCpuList, parseCpusAllowed];
  const others = [parseMemoryLimit, parseHierarchicalLimit, parseMemTotal];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^(max|-?\d{0,25})( (max|-?\d{0,25})){0,2}\n?$/),
    fc.stringMatching(/^(Cpus_allowed_list:|MemTotal: |hierarchical_memory_limit )[\d,-]{0,9}( kB)?$/),
  );
  fc.assert(
    fc.property(text, (text) => {
      for (const parse of parsers) assert(isNothing(resultOf(parse, text)) || Number(resultOf(parse, text)) > 0);
      for (const parse of others) assert(isNothing(resultOf(parse, text)) || Number(resultOf(parse, text)) >= 0);
      for (const parse of [parseMemberships, parseMountinfo]) resultOf(parse, text);
    }),
    { numRuns: 1000 },
  );
});

const MALFORMED = { code: 'ERR_MALFORMED' };

function resultOf(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    assert(error instanceof EggcupError, String(error));
    assert.equal(error.code, 'ERR_MALFORMED');
    return undefined;
  }
}

function isNothing(result: unknown): boolean {
  return result === undefined;
}
