import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOomKills } from '#eggcup/container/oom-kills.js';

test('the count of OOM kills is read from memory.events (v2) and memory.oom_control (v1)', () => {
  assert.equal(parseOomKills('low 0\nhigh 12\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n'), 2);
  assert.equal(parseOomKills('oom_kill_disable 0\nunder_oom 0\noom_kill 7\n'), 7);
});

test('a kernel that does not count (v1 before 4.13) tells nothing', () => {
  assert.equal(parseOomKills('oom_kill_disable 0\nunder_oom 0\n'), undefined);
  assert.equal(parseOomKills(''), undefined);
});
