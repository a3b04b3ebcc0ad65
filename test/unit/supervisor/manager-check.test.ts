import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIVE_UP_MS } from '#eggcup/supervisor/deadlines.js';
import { isLive } from '#eggcup/supervisor/view.js';
import { type Scenario, running } from './scenario.js';

const EVERY = { checkIntervalMs: 10_000, startupMs: 600_000, backoffInitialMs: 100_000, backoffMaxMs: 600_000 };

test('an agent in a crash loop fails the check; the third time in a row exits 1, and live goes first', () => {
  const cluster = running(EVERY);
  crashTwice(cluster, 'agent');
  for (const failed of [1, 2]) {
    cluster.world.advanceToDeadline();
    assert.deepEqual([cluster.phase, failedChecks(cluster)], ['running', failed]);
    assert.equal(isLive(cluster.world.state), true);
  }
  cluster.world.advanceToDeadline();
  assert.deepEqual([cluster.phase, cluster.world.now], ['stopping', 30_000]);
  assert.equal(isLive(cluster.world.state), false);
  cluster.settleAll();
  assert.equal(cluster.exitCode, 1);
});

test('one good check in between starts the count anew', () => {
  const cluster = running({ ...EVERY, backoffInitialMs: 15_000 });
  crashTwice(cluster, 'agent');
  cluster.world.advanceToDeadline();
  assert.equal(failedChecks(cluster), 1);
  cluster.world.advanceToDeadline();
  cluster.world.allReady();
  cluster.world.advance(5000);
  assert.equal(failedChecks(cluster), 0);
});

test('a first replacement counts as alive however slowly it starts', () => {
  const cluster = running(EVERY);
  cluster.crash('agent');
  cluster.crash('app-0');
  cluster.crash('app-1');
  for (let checks = 0; checks < 10; checks += 1) cluster.world.advance(10_000);
  assert.deepEqual([cluster.phase, failedChecks(cluster)], ['running', 0]);
});

test('one app worker that listens is enough', () => {
  const cluster = running(EVERY);
  crashTwice(cluster, 'app-0');
  cluster.world.advance(10_000);
  assert.equal(failedChecks(cluster), 0);
});

test('no app worker at all fails the check, with or without an agent', () => {
  for (const hasAgent of [true, false]) {
    const cluster = running({ ...EVERY, hasAgent });
    crashTwice(cluster, 'app-0');
    crashTwice(cluster, 'app-1');
    cluster.world.advance(10_000);
    assert.equal(failedChecks(cluster), 1);
  }
});

test('an agent that a roll replaces is not missed, neither while it ends nor while its successor starts', () => {
  const cluster = running({ ...EVERY, workers: 1, agentStopMs: 60_000 });
  crashTwice(cluster, 'agent'); // In a row that its successor has no part in.
  cluster.world.advance(100_000);
  cluster.world.allReady();
  const [agent, worker] = [cluster.process('agent'), cluster.process('app-0')];
  cluster.roll(true);
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.exit(worker);
  assert.deepEqual([agent.alive, cluster.state('agent')], [true, 'stopping']);
  for (const ends of [false, true]) {
    if (ends) cluster.world.settle();
    cluster.world.advance(1);
    cluster.world.advance(10_000);
    assert.equal(failedChecks(cluster), 0);
  }
  assert.deepEqual([agent.alive, cluster.state('agent')], [false, 'starting']);
});

test('a new agent that fails is not missed while it ends: the one before it comes back', () => {
  const cluster = running({ ...EVERY, workers: 1, checkIntervalMs: 1000 });
  const worker = cluster.process('app-0');
  cluster.roll(true);
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.exit(worker);
  cluster.world.settle();
  const successor = cluster.process('agent');
  cluster.world.failStart(successor, false);
  assert.equal(cluster.state('agent'), 'stopping');
  cluster.world.advance(1000);
  assert.deepEqual([cluster.state('agent'), failedChecks(cluster)], ['stopping', 0]);
});

test('a replaced agent that has to be killed is not missed before its kill is given up', () => {
  const cluster = running({ ...EVERY, workers: 1, checkIntervalMs: 1000, agentStopMs: 500 });
  const [agent, worker] = [cluster.process('agent'), cluster.process('app-0')];
  Object.assign(agent, { ignoresTerm: true, ignoresKill: true });
  cluster.roll(true);
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.exit(worker);
  cluster.world.advance(500);
  assert.equal(cluster.state('agent'), 'killed');
  cluster.world.advance(GIVE_UP_MS - 1);
  assert.equal(failedChecks(cluster), 0);
  cluster.world.advance(1000);
  assert.equal(failedChecks(cluster), 1);
});

function crashTwice(cluster: Scenario, slot: 'agent' | 'app-0' | 'app-1'): void {
  cluster.crash(slot);
  cluster.crash(slot);
}

function failedChecks({ world }: Scenario): number | undefined {
  const { phase } = world.state;
  return phase.kind === 'running' ? phase.failedChecks : undefined;
}

test('a shorter interval holds at once, and where nothing is due nothing changes', () => {
  const cluster = running({ ...EVERY, checkIntervalMs: 3_600_000 });
  const before = cluster.world.state;
  cluster.world.tell({ kind: 'time-passed' });
  assert.equal(cluster.world.state, before);
  Object.assign(cluster.world.policy, { checkIntervalMs: 10_000 });
  cluster.world.tell({ kind: 'time-passed' });
  const { phase } = cluster.world.state;
  assert.equal(phase.kind === 'running' && phase.nextCheckAt - cluster.world.now, 10_000);
});
