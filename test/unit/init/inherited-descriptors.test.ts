import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notNodes } from '#eggcup/init/inherited-descriptors.js';

test("Node's event loops, wake-ups and own pipes are told from what was inherited", () => {
  const descriptors = new Map([
    [3, 'anon_inode:[eventpoll]'],
    [4, 'pipe:[100]'],
    [5, 'pipe:[100]'],
    [6, 'anon_inode:[eventfd]'],
    [7, 'socket:[200]'],
    [8, 'pipe:[300]'],
    [9, '/etc/passwd'],
    [12, '/dev/pts/0'],
    [13, 'anon_inode:[io_uring]'],
  ]);
  assert.deepEqual(notNodes(descriptors), [7, 8, 9, 12]);
});
