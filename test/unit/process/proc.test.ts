import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type ProcessEntry,
  descendantsOf,
  isAlive,
  isDead,
  parseStat,
  readProcess,
  readProcessTable,
} from '#eggcup/process/proc.js';

test('pid, parent, group, state and start time are read from stat', () => {
  assert.deepEqual(parseStat(statOf('node')), {
    pid: 4711,
    name: 'node',
    ppid: 42,
    group: 0,
    state: 'S',
    startTime: '123456',
  });
});

test('a command may hold blanks, parentheses, newlines and what looks like the rest of the line', () => {
  for (const comm of ['a b', ')', '((', 'x) R 1 (y', 'a\nb', ' ', '', '4711 (node) S 1 1', 'tmux: server']) {
    assert.deepEqual(parseStat(statOf(comm)), { ...parseStat(statOf('node')), name: comm }, JSON.stringify(comm));
  }
});

test('no command can forge its parent or its state', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 15, unit: fc.constantFrom('(', ')', ' ', '\n', 'Z', '1', 'a') }), (comm) => {
      assert.deepEqual(parseStat(statOf(comm)), { ...parseStat(statOf('node')), name: comm });
    }),
  );
});

test('a line that is cut off is no process', () => {
  for (const text of ['', '4711', '4711 (node', '4711 (node)', '4711 (node) S 42 1']) {
    assert.equal(parseStat(text), undefined, text);
  }
});

test('zombies and dead processes are dead, stopped and sleeping ones are not', () => {
  const dead = ['R', 'S', 'D', 'T', 't', 'I', 'Z', 'X'].filter((state) => isDead({ ...entry(1, 0), state }));
  assert.deepEqual(dead, ['Z', 'X']);
});

test('descendants are found at every depth, parents before children, and nobody else', () => {
  const table = tableOf([2, 1], [10, 2], [9, 10], [11, 10], [12, 11], [20, 1], [21, 20]);
  const found = descendantsOf(2, table).map(({ pid }) => pid);
  assert.deepEqual(found, [10, 9, 11, 12]);
  assert.deepEqual(descendantsOf(12, table), []);
  assert.deepEqual(descendantsOf(99, table), []);
});

test('in any tree the descendants are those whose line of parents leads to the process', () => {
  const tree = fc.array(fc.nat(), { maxLength: 40 }).map((parents) =>
    // Each pid's parent is a smaller one: no cycles, as in the kernel.
    tableOf(...parents.map((parent, index) => [index + 2, 1 + (parent % (index + 1))] as const)),
  );
  fc.assert(
    fc.property(tree, fc.integer({ min: 1, max: 41 }), (table, pid) => {
      const expected = [...table.values()].filter((child) => leadsTo(child, pid, table));
      const found = descendantsOf(pid, table);
      assert.deepEqual(new Set(found), new Set(expected));
      assert.equal(found.length, expected.length);
    }),
  );
});

test('this process is in the table, alive, with its parent', { skip: process.platform !== 'linux' }, () => {
  const self = readProcessTable().get(process.pid);
  assert.equal(self?.ppid, process.ppid);
  assert.equal(self !== undefined && isAlive(self), true);
});

test(
  'a pid that was given away again is not the process that was known',
  { skip: process.platform !== 'linux' },
  () => {
    const self = readProcess(process.pid);
    assert.equal(self !== undefined && isAlive({ ...self, startTime: '1' }), false);
    assert.equal(readProcess(2 ** 22 + 1), undefined);
  },
);

/** A whole line of proc(5): field 4 is the parent, field 5 the group, field 22 the start time. */
function statOf(comm: string): string {
  const between = Array.from({ length: 17 }, (_, index) => index).join(' ');
  return `4711 (${comm}) S 42 ${between} 123456 99 98 97\n`;
}

function entry(pid: number, ppid: number): ProcessEntry {
  return { pid, name: 'sleep', ppid, group: pid, state: 'S', startTime: String(pid) };
}

function tableOf(...pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, ProcessEntry> {
  return new Map(pairs.map(([pid, ppid]) => [pid, entry(pid, ppid)]));
}

function leadsTo(from: ProcessEntry, pid: number, table: ReadonlyMap<number, ProcessEntry>): boolean {
  if (from.ppid === pid) return true;
  const parent = table.get(from.ppid);
  return parent !== undefined && leadsTo(parent, pid, table);
}
