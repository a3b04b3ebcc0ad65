import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Scenario, running } from './scenario.js';

/** The successor that has been forked becomes ready, and its predecessor ends. */
function endTurn(cluster: Scenario): void {
  cluster.world.allReady();
  cluster.world.settle();
}

test('a worn worker alone is replaced, once, with what its slot runs', () => {
  const cluster = running();
  const worn = cluster.process('app-1');
  const wear = (): void => cluster.world.tell({ kind: 'child-worn', id: worn.id, why: 'has served 1000 requests' });
  wear();
  wear();
  assert.deepEqual(cluster.take(), ['fork-successor app-1 0', 'open-gate app-1']);
  assert.equal(cluster.world.state.roll?.reason, 'app-1 has served 1000 requests');
  wear();
  endTurn(cluster);
  wear();
  assert.deepEqual([worn.alive, cluster.world.state.roll, cluster.world.state.crashes], [false, undefined, []]);
});

test('worn workers go one by one; a roll of all that waits includes them', () => {
  const cluster = running();
  const [, first, second] = cluster.world.processes;
  assert.ok(first !== undefined && second !== undefined);
  for (const { id } of [first, second]) cluster.world.tell({ kind: 'child-worn', id, why: 'is an hour old' });
  assert.equal(cluster.world.living.length, 4);
  endTurn(cluster);
  assert.deepEqual([first.alive, second.alive, cluster.world.living.length], [false, true, 4]);
  cluster.roll(true);
  cluster.world.tell({ kind: 'child-worn', id: first.id, why: 'is an hour old' });
  assert.deepEqual(cluster.world.state.roll?.next?.only, undefined);
  endTurn(cluster);
  assert.deepEqual(cluster.world.state.roll?.slots, ['app-0', 'app-1', 'agent']);
});

test('who is worn stays when its successor does not start, and is tried again after a while', () => {
  const cluster = running();
  const wear = (): void => cluster.world.tell({ kind: 'child-worn', id: 1, why: 'is an hour old' });
  wear();
  cluster.world.failStart(cluster.process('app-0'), false);
  cluster.world.settle();
  wear();
  assert.equal(cluster.world.state.roll, undefined);
  cluster.world.advance(60_000);
  wear();
  assert.notEqual(cluster.world.state.roll, undefined);
});
