import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PostMortem } from '#eggcup/master/post-mortem.js';
import { RssSamples } from '#eggcup/process/rss-samples.js';
import { monotonicMs } from '#eggcup/monotonic.js';

const MIB = 2 ** 20;

/** A kernel whose count is set by the test. */
function postMortem(memoryLimitBytes?: number): { count: number; mortem: PostMortem; rss: RssSamples } {
  const rss = new RssSamples();
  const world = { count: 3, rss, mortem: undefined as unknown as PostMortem };
  world.mortem = new PostMortem({
    oomKills: () => world.count,
    memoryLimitBytes: () => memoryLimitBytes,
    rss,
  });
  return world;
}

const exit = { slot: 'app-0', pid: 12, code: null, signal: 'SIGKILL', isKilled: false, heapMiB: undefined };

test('a SIGKILL is told from an OOM kill by the count of the kernel, each count once', () => {
  const world = postMortem(256 * MIB);
  assert.equal(world.mortem.noteExit(exit), undefined);
  world.count += 1;
  assert.equal(world.mortem.noteExit({ ...exit, signal: 'SIGTERM' }), undefined);
  assert.equal(world.mortem.noteExit(exit), 'out of memory (limit 256.0 MiB)');
  assert.equal(world.mortem.noteExit(exit), undefined);
  world.count += 2;
  assert.ok(world.mortem.noteExit(exit) !== undefined && world.mortem.noteExit(exit) !== undefined);
});

test('neither a SIGKILL of the master itself nor one long after the kernel has killed a stranger is the kernel’s', () => {
  const world = postMortem();
  const { mortem } = world;
  world.count += 1;
  assert.equal(mortem.noteExit({ ...exit, isKilled: true }), undefined);
  assert.equal(mortem.noteExit(exit), 'out of memory');
  world.count += 1;
  // Whole numbers: of two others the difference may be a hair less than it looks.
  const seenAt = Math.ceil(monotonicMs()) + 5000;
  mortem.look(seenAt);
  mortem.look(seenAt + 9999);
  assert.equal(mortem.noteExit(exit), 'out of memory');
  world.count += 1;
  mortem.look(seenAt + 20_000);
  mortem.look(seenAt + 30_000);
  assert.equal(mortem.noteExit(exit), undefined);
});

test('what is known of the memory is told: the limit, and what the process was last seen to hold', () => {
  const world = postMortem();
  assert.ok((world.rss.take(process.pid) ?? 0) > 0);
  world.count += 1;
  assert.match(
    world.mortem.noteExit({ ...exit, pid: process.pid }) ?? '',
    /^out of memory \(last seen at \d+\.\d MiB\)$/,
  );
  world.count += 1;
  assert.equal(world.mortem.noteExit(exit), 'out of memory');
});

test('the last ten exits are kept, with their time, and the first lines of the last error', () => {
  const { mortem } = postMortem();
  for (let pid = 1; pid <= 12; pid += 1)
    mortem.noteExit({ slot: 'app-1', pid, code: pid, signal: null, isKilled: false, heapMiB: undefined });
  assert.equal(mortem.exits.length, 10);
  assert.match(mortem.exits[0] ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z app-1 \(pid 3\): code 3$/);
  mortem.noteError(exit, 'Error: first');
  mortem.noteError(exit, `Error: last\n${Array.from({ length: 30 }, (_, line) => `    at ${line}`).join('\n')}`);
  assert.match(mortem.lastError ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z app-0 \(pid 12\): Error: last\n {4}at 0\n/);
  assert.equal(mortem.lastError?.split('\n').length, 10);
});

test('an abort is the end of the heap where the process was last seen beyond its limit, else it may be', () => {
  const aborted = {
    slot: 'app-0',
    pid: process.pid,
    code: null,
    signal: 'SIGABRT',
    isKilled: false,
    heapMiB: 1,
  } as const;
  const full = postMortem(256 * 2 ** 20);
  full.rss.take(process.pid);
  const heap = /^JavaScript heap out of memory \(heap limit 1\.0 MiB, last seen at \d+\.\d MiB\)$/;
  assert.match(full.mortem.noteExit(aborted) ?? '', heap);
  assert.match(full.mortem.exits[0] ?? '', /SIGABRT, JavaScript heap out of memory/);
  const unseen = /^it has aborted itself; standard error says why \(.*\) \(heap limit 1\.0 MiB\)$/;
  assert.match(full.mortem.noteExit({ ...aborted, pid: 1, code: 134, signal: null }) ?? '', unseen);
  const agent = postMortem().mortem.noteExit({ ...aborted, slot: 'agent', pid: 1, heapMiB: undefined });
  assert.match(agent ?? '', /^it has aborted itself/);
});
