import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scenario, running } from './scenario.js';

test('a stop ends the app workers, then the agent, then the master with 0', () => {
  const cluster = running();
  cluster.stop();
  assert.deepEqual(cluster.take(), ['allow-refork false', 'terminate app-0', 'terminate app-1']);
  cluster.world.exit(cluster.process('app-0'));
  assert.deepEqual(cluster.take(), []);
  cluster.world.exit(cluster.process('app-1'));
  assert.deepEqual(cluster.take(), ['terminate agent']);
  cluster.world.exit(cluster.process('agent'));
  assert.deepEqual(cluster.take(), ['exit 0']);
});

test('a running cluster serves on during shutdown.delay', () => {
  const cluster = running({ delayMs: 3000 });
  cluster.stop();
  assert.deepEqual(cluster.take(), ['allow-refork false', 'lame-duck app-0', 'lame-duck app-1']);
  cluster.world.advance(2999);
  assert.deepEqual(cluster.take(), []);
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.world.now, cluster.take()], [3000, ['terminate app-0', 'terminate app-1']]);
});

test('nobody that crashes during the delay is replaced', () => {
  const cluster = running({ delayMs: 3000 });
  cluster.stop();
  const forked = cluster.world.processes.length;
  cluster.crash('app-0');
  cluster.crash('agent');
  cluster.world.advance(3000);
  cluster.settleAll();
  assert.deepEqual([cluster.world.processes.length, cluster.exitCode], [forked, 0]);
});

test('a stop during the start ends it with 0, without a delay', () => {
  const cluster = new Scenario({ delayMs: 3000 });
  cluster.take();
  cluster.stop();
  assert.deepEqual(cluster.take(), ['allow-refork false', 'terminate app-0', 'terminate app-1']);
  cluster.settleAll();
  assert.equal(cluster.exitCode, 0);
});

test('who lives at the end of its time is killed, and the exit is 15', () => {
  const cluster = running();
  cluster.process('app-1').ignoresTerm = true;
  cluster.stop();
  cluster.world.settle();
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.world.now, cluster.process('app-1').killed], [20_000, true]);
  cluster.settleAll();
  assert.equal(cluster.exitCode, 15);
});

test('the agent has its own time, from the end of the last app worker', () => {
  const cluster = running();
  cluster.process('agent').ignoresTerm = true;
  cluster.stop();
  cluster.world.advance(7000);
  cluster.world.settle();
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.world.now, cluster.process('agent').killed], [12_000, true]);
});

test('the stop goes on without a process that cannot be killed', () => {
  const cluster = running();
  const stuck = cluster.process('app-0');
  stuck.ignoresTerm = true;
  stuck.ignoresKill = true;
  cluster.stop();
  cluster.world.settle();
  cluster.world.advance(20_000);
  cluster.world.settle();
  cluster.take();
  cluster.world.advance(5000);
  assert.deepEqual(cluster.take(), ['terminate agent']);
  cluster.world.settle();
  assert.equal(cluster.exitCode, 15);
});

test('a second signal skips the delay and leaves two seconds', () => {
  const cluster = running({ delayMs: 600_000 });
  cluster.process('app-0').ignoresTerm = true;
  cluster.stop();
  cluster.take();
  cluster.stop();
  assert.deepEqual(cluster.take(), ['terminate app-0', 'terminate app-1']);
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.world.now, cluster.process('app-0').killed], [2000, true]);
});

test('a second signal shortens a drain that is under way, but never lengthens it', () => {
  const cluster = running();
  cluster.process('app-0').ignoresTerm = true;
  cluster.stop();
  cluster.world.advance(1000);
  cluster.stop();
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.world.now, cluster.process('app-0').killed], [3000, true]);
  const short = running({ appStopMs: 500 });
  short.stop();
  short.stop();
  short.world.advanceToDeadline();
  assert.equal(short.world.now, 500);
});

test('a third signal kills everybody at once, also during the delay', () => {
  const cluster = running({ delayMs: 600_000 });
  cluster.stop();
  cluster.stop();
  cluster.take();
  cluster.stop();
  assert.deepEqual(cluster.take(), ['kill agent', 'kill app-0', 'kill app-1']);
  cluster.world.settle();
  assert.equal(cluster.exitCode, 15);
});

test('the first signal after a failure does not shorten the drain; the second does, and the code stays', () => {
  const cluster = running({ restartLimit: 1 });
  const drains = cluster.process('app-1');
  drains.ignoresTerm = true;
  cluster.crash('app-0');
  cluster.stop();
  cluster.world.advance(2000);
  assert.equal(drains.killed, false);
  cluster.stop();
  cluster.world.advance(2000);
  assert.equal(drains.killed, true);
  cluster.settleAll();
  assert.equal(cluster.exitCode, 13);
});

test('a fault of the master ends the cluster with 70 and a short drain', () => {
  const cluster = running();
  cluster.process('app-0').ignoresTerm = true;
  cluster.world.tell({ kind: 'master-failed', message: 'boom' });
  cluster.world.advance(2000);
  assert.equal(cluster.process('app-0').killed, true);
  cluster.settleAll();
  assert.equal(cluster.exitCode, 70);
});

test("cfork's refusal to fork again ends the cluster with 13", () => {
  const cluster = running();
  cluster.world.tell({ kind: 'refork-refused' });
  cluster.settleAll();
  assert.equal(cluster.exitCode, 13);
});

test('a fork that crosses the stop waits at its gate and replaces nobody', () => {
  const cluster = running({ delayMs: 1000 });
  cluster.stop();
  cluster.world.tell({ kind: 'child-forked', id: 3, slot: 'app-0', pid: 1003, takesOver: false });
  const states = (): readonly string[] => cluster.world.state.children.slice(1).map(({ state }) => state.kind);
  assert.deepEqual(states(), ['ready', 'ready', 'gate']);
  assert.deepEqual(cluster.world.state.crashes, []);
});

test('a retry of a refused fork that a stop overtakes leaves no timer behind', () => {
  const cluster = running({ delayMs: 3000 });
  cluster.world.executor.forksToFail = 1;
  cluster.crash('app-0');
  cluster.stop();
  cluster.take();
  cluster.world.advanceToDeadline();
  assert.equal(cluster.world.now, 3000);
  cluster.settleAll();
  assert.deepEqual([cluster.exitCode, cluster.world.advanceToDeadline()], [0, false]);
});

test('a worker that already drains keeps its earlier deadline when the stop begins', () => {
  const cluster = running();
  const drains = cluster.process('app-0');
  cluster.world.disconnect(drains);
  cluster.world.advance(15_000);
  drains.ignoresTerm = true;
  cluster.stop();
  cluster.world.settle();
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.world.now, drains.killed], [20_000, true]);
});

test('a process that cannot be killed keeps its slot, and is replaced when it ends at last', () => {
  const cluster = running({ checkIntervalMs: 600_000 });
  const stuck = cluster.process('agent');
  stuck.ignoresKill = true;
  cluster.world.disconnect(stuck);
  cluster.world.advanceToDeadline();
  assert.equal(stuck.killed, true);
  cluster.world.advance(100_000);
  assert.equal(cluster.state('agent'), 'killed');
  cluster.world.exit(stuck);
  assert.equal(cluster.state('agent'), 'starting');
});

test('a master that stood still does not kill whom it has not heard yet', () => {
  const cluster = running();
  cluster.stop();
  cluster.take();
  cluster.world.now += 60_000;
  cluster.world.tell({ kind: 'master-late', ms: 50_000 });
  for (const slot of ['app-0', 'app-1', 'agent'] as const) cluster.world.exit(cluster.process(slot));
  assert.deepEqual(cluster.take(), ['terminate agent', 'exit 0']);
});

test('it gives back the time once: whoever does not end then is killed', () => {
  const cluster = running();
  cluster.stop();
  cluster.take();
  cluster.world.now += 10_000;
  cluster.world.tell({ kind: 'master-late', ms: 1000 });
  assert.deepEqual(cluster.take(), []);
  cluster.world.advanceToDeadline();
  assert.deepEqual(cluster.take(), ['kill app-0', 'kill app-1']);
});

test('whose time is over is killed when all has been heard, not at the first news that come late', () => {
  const cluster = running();
  cluster.stop();
  cluster.take();
  cluster.world.now += 60_000;
  // It closes its channel before it ends; in between the other's exit is told.
  cluster.world.disconnect(cluster.process('app-0'));
  cluster.world.exit(cluster.process('app-1'));
  cluster.world.exit(cluster.process('app-0'));
  assert.deepEqual(cluster.take(), ['terminate agent']);
  cluster.world.advanceToDeadline();
  assert.deepEqual(cluster.take(), ['kill agent']);
});
