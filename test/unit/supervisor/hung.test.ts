import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HURRIED_STOP_MS } from '#eggcup/supervisor/shutdown.js';
import { childViews, isReady } from '#eggcup/supervisor/view.js';
import { running } from './scenario.js';

test('who hangs is examined, replaced while it still may finish, and killed soon after', () => {
  const cluster = running({ minReady: { kind: 'count', value: 2 } });
  const hung = cluster.process('app-0');
  const other = cluster.process('app-1');
  hung.ignoresTerm = true;
  cluster.world.sayHung(hung);
  assert.deepEqual(cluster.take(), [
    'examine app-0',
    `agent egg-pids ${other.pid}`,
    'fork-successor app-0 0',
    'open-gate app-0',
  ]);
  assert.deepEqual([isReady(cluster.world.state, cluster.world.policy), hung.terminated], [false, false]);
  cluster.world.sayReady(cluster.process('app-0'));
  assert.deepEqual([isReady(cluster.world.state, cluster.world.policy), hung.terminated], [true, true]);
  cluster.world.advance(HURRIED_STOP_MS);
  assert.equal(hung.killed, true);
  cluster.world.settle();
  assert.deepEqual([cluster.world.state.roll, cluster.world.state.crashes.length], [undefined, 1]);
});

test('who answers again counts again, and drains in order when its successor has come', () => {
  const cluster = running();
  const slow = cluster.process('app-0');
  slow.ignoresTerm = true;
  cluster.world.sayHung(slow);
  cluster.take();
  cluster.world.sayAnswers(slow);
  assert.ok(cluster.take().includes('end-examination app-0'));
  assert.equal(cluster.world.listening.length, 2);
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.advance(HURRIED_STOP_MS);
  assert.deepEqual([slow.terminated, slow.killed], [true, false]);
});

test('whoever hangs again and again ends the cluster with 13', () => {
  const cluster = running({ restartLimit: 2 });
  cluster.world.sayHung(cluster.process('app-0'));
  cluster.world.sayHung(cluster.process('app-1'));
  assert.equal(cluster.phase, 'stopping');
  cluster.settleAll();
  cluster.world.advance(20_000);
  cluster.settleAll();
  assert.equal(cluster.exitCode, 13);
});

test('a successor that does not start lets nobody hang on: the old one is ended, and replaced as after a crash', () => {
  const cluster = running();
  const hung = cluster.process('app-0');
  cluster.world.sayHung(hung);
  cluster.world.failStart(cluster.process('app-0'), false);
  assert.equal(hung.terminated, true);
  cluster.world.settle();
  cluster.world.allReady();
  assert.deepEqual([hung.alive, cluster.world.listening.length, cluster.world.state.crashes.length], [false, 2, 1]);
});

test('a hang is one crash and one restart, whenever the process answers again', () => {
  const late = running();
  const hung = late.process('app-0');
  hung.ignoresTerm = true;
  late.world.sayHung(hung);
  late.world.failStart(late.process('app-0'), false);
  late.world.sayAnswers(hung);
  late.world.exit(hung);
  late.world.settle();
  assert.equal(late.world.state.crashes.length, 1);

  const early = running();
  const slow = early.process('app-1');
  early.world.sayHung(slow);
  early.world.sayAnswers(slow);
  early.world.sayReady(early.process('app-1'));
  early.world.settle();
  assert.equal(early.world.state.crashes.length, 1);
  assert.equal(childViews(early.world.state).find(({ slot }) => slot === 'app-1')?.restarts, 1);
});

test('who serves on because its successor has failed is as if nothing had been', () => {
  const cluster = running();
  const slow = cluster.process('app-0');
  cluster.world.sayHung(slow);
  cluster.world.sayAnswers(slow);
  cluster.world.failStart(cluster.process('app-0'), false);
  // A planned replacement is no restart, though it hung once.
  cluster.roll();
  cluster.world.sayReady(cluster.process('app-0'));
  assert.equal(childViews(cluster.world.state).find(({ slot }) => slot === 'app-0')?.restarts, 0);
  assert.equal(cluster.world.state.crashes.length, 1);
});

test('who answered, serves on, and does not listen again in time has crashed anew', () => {
  const cluster = running();
  const slow = cluster.process('app-0');
  cluster.world.sayHung(slow);
  cluster.world.sayAnswers(slow);
  cluster.world.failStart(cluster.process('app-0'), false);
  cluster.world.sayUnready(slow);
  cluster.world.advance(cluster.world.policy.startupMs);
  cluster.world.settle();
  assert.equal(cluster.world.state.crashes.length, 2);
});

test('whatever has failed before, who hangs is replaced at once', () => {
  const cluster = running();
  cluster.roll();
  cluster.world.failStart(cluster.process('app-0'), false);
  cluster.take();
  cluster.world.sayHung(cluster.process('app-1'));
  assert.ok(cluster.take().includes('fork-successor app-1 0'));
});

test('who hangs while another slot is rolled is replaced though that roll is given up, and told as a restart', () => {
  const cluster = running();
  cluster.roll();
  const hung = cluster.process('app-1');
  cluster.world.sayHung(hung);
  cluster.world.failStart(cluster.process('app-0'), false);
  cluster.world.settle();
  cluster.take();
  // It is told again with each look.
  cluster.world.sayHung(hung);
  assert.ok(cluster.take().includes('fork-successor app-1 0'));
  cluster.world.sayReady(cluster.process('app-1'));
  cluster.world.settle();
  assert.equal(hung.alive, false);
  assert.equal(childViews(cluster.world.state).find(({ slot }) => slot === 'app-1')?.restarts, 1);
  assert.equal(cluster.world.state.crashes.length, 1);
});

test('a new process that hangs while its predecessor drains is replaced after that', () => {
  const cluster = running();
  const old = cluster.process('app-0');
  old.ignoresTerm = true;
  cluster.roll();
  cluster.world.sayReady(cluster.process('app-0'));
  const next = cluster.process('app-0');
  cluster.world.sayHung(next);
  cluster.world.advance(cluster.world.policy.appStopMs);
  cluster.world.settle();
  assert.equal(old.alive, false);
  cluster.world.sayHung(next);
  for (const slot of ['app-1', 'app-0'] as const) {
    cluster.world.sayReady(cluster.process(slot));
    cluster.settleAll();
  }
  assert.equal(next.alive, false);
});
