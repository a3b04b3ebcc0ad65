import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  childViews,
  hasStarted,
  isLive,
  isPastGate,
  isReady,
  restartsInWindow,
  shownPhase,
} from '#eggcup/supervisor/view.js';
import { Scenario, running } from './scenario.js';

test('the cluster has started and is ready once all app workers listen, and stays started', () => {
  const cluster = new Scenario();
  assert.deepEqual(filesOf(cluster), { started: false, ready: false, live: true });
  cluster.world.allReady();
  assert.deepEqual(filesOf(cluster), { started: true, ready: true, live: true });
  cluster.stop();
  assert.deepEqual(filesOf(cluster), { started: true, ready: false, live: true });
  cluster.settleAll();
  assert.deepEqual(filesOf(cluster), { started: true, ready: false, live: false });
});

test('ready goes when fewer than minReady listen, and comes back', () => {
  const cluster = running({ minReady: { kind: 'count', value: 2 } });
  cluster.world.disconnect(cluster.process('app-0'));
  assert.equal(filesOf(cluster).ready, false);
  cluster.world.allReady();
  assert.equal(filesOf(cluster).ready, true);
});

test('a slot shows its new process; the one that drains is shown after all slots', () => {
  const cluster = running();
  const drains = cluster.process('app-0');
  cluster.world.disconnect(drains);
  assert.deepEqual(rowsOf(cluster), [
    'agent 1000 ready 0',
    'app-0 1003 starting 1',
    'app-1 1002 ready 0',
    'app-0 1001 stopping 1',
  ]);
});

test('an agent that drains has no successor yet: it is still its slot', () => {
  const cluster = running();
  cluster.world.disconnect(cluster.process('agent'));
  assert.deepEqual(rowsOf(cluster), ['agent 1000 stopping 0', 'app-0 1001 ready 0', 'app-1 1002 ready 0']);
});

test('a killed process that is being replaced does not hide its successor', () => {
  const cluster = running();
  const drains = cluster.process('app-0');
  cluster.world.disconnect(drains);
  cluster.world.allReady();
  cluster.world.advance(20_000);
  assert.deepEqual(
    [drains.killed, rowsOf(cluster)[1], rowsOf(cluster)[3]],
    [true, 'app-0 1003 ready 1', 'app-0 1001 stopping 1'],
  );
});

test('a slot without a process is down, since its last one ended', () => {
  const cluster = running();
  cluster.world.executor.forksToFail = 1;
  cluster.world.advance(500);
  cluster.crash('app-1');
  assert.deepEqual(childViews(cluster.world.state)[2], {
    slot: 'app-1',
    pid: null,
    state: 'down',
    restarts: 0,
    since: 500,
  });
});

test('since is when a process came into its state', () => {
  const cluster = new Scenario();
  cluster.world.advance(100);
  cluster.world.sayReady(cluster.process('agent'));
  assert.deepEqual(
    childViews(cluster.world.state).map(({ state, since }) => `${state} ${since}`),
    ['ready 100', 'starting 100', 'starting 100'],
  );
});

test('the phase is shown in four words', () => {
  const cluster = new Scenario();
  assert.equal(shownPhase(cluster.world.state), 'starting');
  cluster.world.allReady();
  assert.equal(shownPhase(cluster.world.state), 'running');
  cluster.roll();
  assert.equal(shownPhase(cluster.world.state), 'reloading');
  cluster.stop();
  assert.equal(shownPhase(cluster.world.state), 'stopping');
  cluster.settleAll();
  assert.equal(shownPhase(cluster.world.state), 'stopping');
});

test('restarts are counted as long as they are in the window', () => {
  const cluster = running();
  cluster.world.advance(1000);
  cluster.crash('app-0');
  const { state, policy } = cluster.world;
  assert.deepEqual(
    [1000, 61_000, 61_001].map((at) => restartsInWindow(state, policy, at)),
    [1, 1, 0],
  );
});

test('messages reach who runs the application: past the gate, and while it drains, but not behind the gate', () => {
  const cluster = new Scenario();
  assert.deepEqual(heard(cluster), ['agent']);
  cluster.world.sayReady(cluster.process('agent'));
  cluster.world.sayReady(cluster.process('app-0'));
  assert.deepEqual(heard(cluster), ['agent', 'app-0', 'app-1']);
  cluster.stop();
  assert.deepEqual(heard(cluster), ['agent', 'app-0']);
});

function heard({ world }: Scenario): readonly string[] {
  return world.state.children.filter((child) => isPastGate(child)).map(({ slot }) => slot);
}

function filesOf({ world }: Scenario): { started: boolean; ready: boolean; live: boolean } {
  const { state, policy } = world;
  return { started: hasStarted(state), ready: isReady(state, policy), live: isLive(state) };
}

function rowsOf({ world }: Scenario): readonly string[] {
  return childViews(world.state).map(({ slot, pid, state, restarts }) => `${slot} ${pid} ${state} ${restarts}`);
}
