import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scenario, running } from './scenario.js';

test('agent and app workers are forked at once, and only the gate of the agent opens', () => {
  const cluster = new Scenario();
  assert.deepEqual(cluster.take(), ['fork-agent', 'fork-apps 2', 'open-gate agent']);
  assert.deepEqual([cluster.state('app-0'), cluster.state('app-1')], ['gate', 'gate']);
});

test('without an agent the gates of the app workers open at once', () => {
  assert.deepEqual(new Scenario({ hasAgent: false }).take(), ['fork-apps 2', 'open-gate app-0', 'open-gate app-1']);
});

test("a ready agent is announced in egg-cluster's order, and opens the gates", () => {
  const cluster = new Scenario();
  cluster.take();
  cluster.world.sayReady(cluster.process('agent'));
  assert.deepEqual(cluster.take(), ['apps egg-pids 1000', 'apps agent-start', 'open-gate app-0', 'open-gate app-1']);
});

test('the last app worker that listens makes the cluster ready: parent, apps and agent hear of it', () => {
  const cluster = new Scenario();
  cluster.world.sayReady(cluster.process('agent'));
  cluster.world.sayReady(cluster.process('app-1'));
  cluster.take();
  cluster.world.sayReady(cluster.process('app-0'));
  assert.deepEqual(cluster.take(), [
    'agent egg-pids 1001,1002',
    'app-0 egg-pids 1000',
    'allow-refork true',
    'parent egg-ready',
    'apps egg-ready',
    'agent egg-ready',
  ]);
  assert.equal(cluster.phase, 'running');
});

test('a new app worker of a running cluster is told the agent, and all apps hear egg-ready again', () => {
  const cluster = running();
  cluster.crash('app-0');
  cluster.take();
  cluster.world.sayReady(cluster.process('app-0'));
  assert.deepEqual(cluster.take(), ['agent egg-pids 1002,1003', 'app-0 egg-pids 1000', 'apps egg-ready']);
});

test('a new agent of a running cluster hears egg-ready first, then who listens; the apps hear its pid', () => {
  const cluster = running();
  cluster.crash('agent');
  assert.deepEqual(cluster.take(), ['apps egg-pids ', 'parent agent-worker-died', 'fork-agent', 'open-gate agent']);
  cluster.world.sayReady(cluster.process('agent'));
  assert.deepEqual(cluster.take(), [
    'agent egg-ready',
    'apps egg-pids 1003',
    'agent egg-pids 1001,1002',
    'apps agent-start',
  ]);
});

test('the end of an app worker is told to the agent and the parent', () => {
  const cluster = running();
  cluster.world.exit(cluster.process('app-0'));
  assert.deepEqual(cluster.take(), ['agent egg-pids 1002', 'parent app-worker-died', 'open-gate app-0']);
});

test('no more app workers load at the same time than startup.parallel', () => {
  const cluster = new Scenario({ workers: 3, parallelStarts: 1 });
  cluster.world.sayReady(cluster.process('agent'));
  assert.deepEqual(['app-0', 'app-1', 'app-2'].map(stateOf), ['starting', 'gate', 'gate']);
  cluster.world.sayReady(cluster.process('app-0'));
  assert.deepEqual(['app-0', 'app-1', 'app-2'].map(stateOf), ['ready', 'starting', 'gate']);

  function stateOf(slot: string): string | undefined {
    return cluster.world.state.children.find((child) => child.slot === slot)?.state.kind;
  }
});

test('while the agent is down a new app worker waits at its gate', () => {
  const cluster = running();
  cluster.crash('agent');
  cluster.crash('app-0');
  assert.equal(cluster.state('app-0'), 'gate');
  cluster.world.sayReady(cluster.process('agent'));
  assert.equal(cluster.state('app-0'), 'starting');
});

test('a word of readiness from behind the gate counts for nothing', () => {
  const cluster = new Scenario();
  cluster.world.sayReady(cluster.process('app-0'));
  assert.equal(cluster.state('app-0'), 'gate');
});

test('who cannot start ends the start: the agent with 10, an app worker with 11, a taken port with 14', () => {
  const ends = (['agent', 'app-0'] as const).map((slot) => {
    const cluster = new Scenario();
    cluster.world.failStart(cluster.process(slot), false);
    return endOf(cluster);
  });
  assert.deepEqual(ends, [10, 11]);
  const cluster = new Scenario();
  cluster.world.sayReady(cluster.process('agent'));
  cluster.world.failStart(cluster.process('app-1'), true);
  assert.equal(endOf(cluster), 14);
});

test('an exit, a closed channel and a refused fork end the start as well', () => {
  const exited = new Scenario();
  exited.world.exit(exited.process('app-1'));
  assert.equal(endOf(exited), 11);
  const closed = new Scenario();
  closed.world.disconnect(closed.process('agent'));
  closed.world.advanceToDeadline();
  assert.equal(closed.process('agent').killed, true);
  assert.equal(endOf(closed), 10);
  const refused = new Scenario();
  refused.world.tell({ kind: 'fork-failed', slot: 'app-0', message: 'EAGAIN' });
  assert.equal(endOf(refused), 11);
});

test('the last one that gets ready, told when the time is just over, completes the start', () => {
  const cluster = new Scenario({ startupMs: 1000, workers: 1 });
  cluster.world.sayReady(cluster.process('agent'));
  cluster.world.now += 1000; // The master was held up, and hears both at once.
  cluster.world.sayReady(cluster.process('app-0'));
  assert.equal(cluster.phase, 'running');
});

test('what is not ready within startup.timeout ends the start with 12', () => {
  const cluster = new Scenario({ startupMs: 1000 });
  cluster.world.allReady();
  assert.equal(cluster.phase, 'running');
  const late = new Scenario({ startupMs: 1000 });
  late.world.sayReady(late.process('agent'));
  late.world.advanceToDeadline();
  assert.equal(late.world.now, 1000);
  assert.equal(endOf(late), 12);
});

test('while running, who is not ready in time or says that it cannot start is ended within two seconds and replaced', () => {
  for (const trouble of ['late', 'failed'] as const) {
    const cluster = running({ backoffInitialMs: 0, checkIntervalMs: 600_000 });
    cluster.crash('app-0');
    const hung = cluster.process('app-0');
    hung.ignoresTerm = true;
    if (trouble === 'late') cluster.world.advanceToDeadline();
    else cluster.world.failStart(hung, true);
    assert.deepEqual([hung.terminated, hung.killed], [true, false]);
    const told = cluster.world.now;
    cluster.world.advanceToDeadline();
    assert.deepEqual([hung.killed, cluster.world.now - told], [true, 2000]);
    cluster.world.settle();
    assert.notEqual(cluster.process('app-0'), hung);
    assert.equal(cluster.phase, 'running');
  }
});

function endOf(cluster: Scenario): number | undefined {
  cluster.settleAll();
  return cluster.exitCode;
}
