import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReady } from '#eggcup/supervisor/view.js';
import { type Scenario, running } from './scenario.js';

function slots(cluster: Scenario): readonly string[] {
  return cluster.world.state.slots.map(({ slot }) => slot);
}

test('more: new slots are forked at once, and replaced like the others when they crash', () => {
  const cluster = running();
  cluster.scale(4);
  assert.deepEqual(cluster.take(), ['fork-app app-2 0', 'fork-app app-3 0', 'open-gate app-2', 'open-gate app-3']);
  cluster.world.allReady();
  assert.equal(cluster.world.listening.length, 4);
  cluster.crash('app-3');
  cluster.world.allReady();
  assert.deepEqual([cluster.world.listening.length, cluster.world.state.crashes.length], [4, 1]);
});

test('fewer: the highest numbers drain, are not replaced, and their slots go with them', () => {
  const cluster = running({ workers: 3 });
  const [, , second, third] = cluster.world.processes;
  assert.ok(second !== undefined && third !== undefined);
  third.ignoresTerm = true;
  cluster.scale(1);
  cluster.world.settle();
  assert.deepEqual([slots(cluster), cluster.world.listening.length], [['agent', 'app-0', 'app-2'], 1]);
  assert.deepEqual([second.alive, third.alive], [false, true]);
  cluster.world.advance(20_000);
  cluster.world.settle();
  assert.deepEqual([slots(cluster), third.alive], [['agent', 'app-0'], false]);
  assert.deepEqual([cluster.world.state.crashes, cluster.world.processes.length], [[], 4]);
});

test('fewer, while others start: who does not listen goes first, and as many listen as before', () => {
  const cluster = running({ workers: 3 });
  cluster.crash('app-1');
  cluster.world.settle();
  cluster.scale(2);
  cluster.world.settle();
  assert.deepEqual([slots(cluster), cluster.world.listening.length], [['agent', 'app-0', 'app-2'], 2]);
  cluster.scale(3);
  assert.deepEqual(slots(cluster), ['agent', 'app-0', 'app-1', 'app-2']);
});

test('there is always one', () => {
  const cluster = running();
  cluster.scale(0);
  cluster.world.settle();
  assert.deepEqual([slots(cluster), cluster.world.listening.length], [['agent', 'app-0'], 1]);
});

test('a slot that was dropped may come back while its last process drains: under another number', () => {
  const cluster = running();
  cluster.process('app-1').ignoresTerm = true;
  cluster.scale(1);
  cluster.scale(2);
  assert.deepEqual(slots(cluster), ['agent', 'app-0', 'app-1', 'app-2']);
});

test('asked for during the start, it is done when the start is complete', () => {
  const cluster = running();
  cluster.world.tell({ kind: 'scale-requested', reason: 'SIGTTIN received', by: 1 });
  cluster.world.tell({ kind: 'scale-requested', reason: 'SIGTTIN received', by: 1 });
  assert.deepEqual(slots(cluster), ['agent', 'app-0', 'app-1', 'app-2', 'app-3']);
});

test('a share of the workers must listen: those that are new count once they have listened', () => {
  const cluster = running({ minReady: { kind: 'share', value: 1 } });
  cluster.scale(4);
  assert.equal(isReady(cluster.world.state, cluster.world.policy), true);
  cluster.world.allReady();
  cluster.crash('app-3');
  assert.equal(isReady(cluster.world.state, cluster.world.policy), false);
});

test('in the middle of a roll: who goes needs no successor, who comes gets what the others get', () => {
  const cluster = running();
  cluster.roll(true, 3);
  cluster.scale(3);
  cluster.scale(1);
  assert.deepEqual(cluster.world.state.roll?.slots, ['app-0', 'app-1', 'app-2', 'agent']);
  for (let turns = 0; turns < 6; turns += 1) {
    cluster.world.allReady();
    cluster.world.settle();
  }
  assert.deepEqual(
    [slots(cluster), cluster.world.state.roll, cluster.world.state.launch],
    [['agent', 'app-0'], undefined, 3],
  );

  cluster.roll(false, 4);
  cluster.scale(2);
  for (let turns = 0; turns < 6; turns += 1) {
    cluster.world.allReady();
    cluster.world.settle();
  }
  assert.deepEqual(
    cluster.world.state.slots.map(({ slot, launch }) => `${slot} ${launch}`),
    ['agent 3', 'app-0 4', 'app-1 4'],
  );
});

test('a new slot joins a roll of all, not the replacement of one that hangs', () => {
  const cluster = running();
  cluster.world.sayHung(cluster.process('app-0'));
  cluster.scale(3);
  assert.deepEqual(cluster.world.state.roll?.slots, ['app-0']);
  const other = running();
  other.roll();
  other.scale(3);
  assert.deepEqual(other.world.state.roll?.slots, ['app-0', 'app-1', 'app-2']);
});

test('a new slot that comes while the agent is replaced is replaced after it', () => {
  const cluster = running({ workers: 1 });
  cluster.roll(true, 7);
  cluster.world.allReady();
  cluster.world.settle();
  assert.equal(cluster.world.state.roll?.step.kind, 'agent');
  cluster.scale(2);
  for (let turn = 0; turn < 4; turn += 1) {
    cluster.settleAll();
    cluster.world.allReady();
  }
  assert.equal(cluster.world.state.roll, undefined);
  assert.deepEqual(
    cluster.world.state.slots.map(({ slot, launch }) => `${slot} ${launch}`),
    ['agent 7', 'app-0 7', 'app-1 7'],
  );
});
