import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Scenario, running } from './scenario.js';

test('the crash that completes the limit within the window ends the cluster with 13, without a fork', () => {
  const cluster = running({ restartLimit: 3 });
  cluster.crash('app-0');
  cluster.crash('agent');
  const forked = cluster.world.processes.length;
  cluster.crash('app-1');
  assert.equal(cluster.phase, 'stopping');
  cluster.settleAll();
  assert.deepEqual([cluster.exitCode, cluster.world.processes.length], [13, forked]);
});

test('its reason says what the last crash was, though it counts when a channel closes, before the exit is known', () => {
  const cluster = running({ restartLimit: 1 });
  const { id, slot } = cluster.process('app-0');
  cluster.world.disconnect(cluster.process('app-0'));
  const { phase } = cluster.world.state;
  assert.ok(phase.kind === 'stopping' && phase.reason.endsWith('; the last was app-0'));
  cluster.world.tell({ kind: 'child-exited', id, code: 3, signal: null });
  const after = cluster.world.state.phase;
  assert.ok(after.kind === 'stopping' && after.reason.endsWith(`; the last was ${slot}: it exited with code 3`));
});

test('what was wrong with a worker that answers again explains no later crash', () => {
  const cluster = running({ restartLimit: 2 });
  const { id } = cluster.process('app-0');
  cluster.world.tell({ kind: 'child-hung', id, silentMs: 30_000 });
  cluster.world.tell({ kind: 'child-answers', id });
  cluster.world.tell({ kind: 'child-exited', id, code: null, signal: 'SIGKILL', cause: 'out of memory' });
  const { phase } = cluster.world.state;
  assert.ok(phase.kind === 'stopping');
  assert.match(phase.reason, /; the last was app-0: it was ended by SIGKILL, out of memory$/);
});

test('a limit of one allows no crash at all', () => {
  const cluster = running({ restartLimit: 1 });
  cluster.crash('app-0');
  assert.equal(cluster.phase, 'stopping');
});

test('crashes that are spread out never reach the limit', () => {
  const cluster = running({ restartLimit: 3, restartWindowMs: 1000 });
  for (let count = 0; count < 50; count += 1) {
    cluster.crash('app-0');
    cluster.world.advance(501);
    cluster.world.allReady();
    cluster.world.advance(500);
    cluster.world.allReady();
  }
  assert.equal(cluster.phase, 'running');
});

test('a worker that drains and then has to be killed has crashed once', () => {
  const cluster = running();
  const drains = cluster.process('app-0');
  cluster.world.disconnect(drains);
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.advance(20_000);
  assert.equal(drains.killed, true);
  cluster.world.settle();
  assert.equal(crashes(cluster), 1);
  assert.equal(waitOf(cluster, 'app-0'), 0);
});

test('a worker that was told to end is replaced when it closes its channel: there its crash counts', () => {
  const cluster = running();
  cluster.crash('app-0');
  cluster.world.failStart(cluster.process('app-0'), false);
  cluster.world.disconnect(cluster.process('app-0'));
  assert.equal(waitOf(cluster, 'app-0'), 200);
  assert.equal(crashes(cluster), 2);
});

test('an exit that is told late has been answered by cfork: its crash counts with the fork', () => {
  const cluster = running();
  cluster.crash('app-0');
  const failed = cluster.process('app-0');
  cluster.world.failStart(failed, false);
  cluster.world.exit(failed, false);
  assert.equal(waitOf(cluster, 'app-0'), 200);
  cluster.world.tellExit(failed);
  assert.equal(crashes(cluster), 2);
});

test('the first restart of a slot does not wait; then the wait doubles up to its bound', () => {
  const cluster = running({ backoffMaxMs: 1000 });
  const waits = [1, 2, 3, 4, 5, 6].map(() => {
    cluster.crash('app-0');
    const wait = waitOf(cluster, 'app-0');
    cluster.world.advance(wait);
    assert.equal(cluster.state('app-0'), 'starting');
    return wait;
  });
  assert.deepEqual(waits, [0, 200, 400, 800, 1000, 1000]);
});

test('a streak ends when a process was of use for longer than the slot last waited', () => {
  const cluster = running({ checkIntervalMs: 3_600_000 });
  const steady = (ms: number): number => {
    cluster.world.advance(15_000);
    cluster.world.allReady();
    cluster.world.advance(ms);
    cluster.crash('agent');
    return waitOf(cluster, 'agent');
  };
  // Each crash is told by the closed channel first: the time of use must outlive that.
  assert.deepEqual([steady(0), steady(100), steady(150), steady(300), steady(799)], [0, 200, 400, 800, 1600]);
  assert.equal(steady(1600), 0);
});

test('a fork that the kernel refused is tried again later, and counts as a crash', () => {
  const cluster = running();
  cluster.world.executor.forksToFail = 1;
  cluster.crash('app-0');
  assert.equal(crashes(cluster), 2);
  cluster.take();
  cluster.world.advance(199);
  assert.deepEqual(cluster.take(), []);
  cluster.world.advance(1);
  assert.deepEqual(cluster.take(), ['refork-app app-0']);
  assert.equal(cluster.world.state.children.length, 3);
});

function crashes({ world }: Scenario): number {
  return world.state.crashes.length;
}

function waitOf({ world }: Scenario, slot: string): number {
  return world.state.slots.find((record) => record.slot === slot)?.backoffMs ?? Number.NaN;
}
