import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIVE_UP_MS } from '#eggcup/supervisor/deadlines.js';
import { HURRIED_STOP_MS } from '#eggcup/supervisor/shutdown.js';
import { type Scenario, running } from './scenario.js';

/** The successor that has been forked becomes ready, and its predecessor ends. */
function endTurn(cluster: Scenario): void {
  cluster.world.allReady();
  cluster.world.settle();
}

test('one slot after the other: the successor is ready before its predecessor is told to end', () => {
  const cluster = running();
  cluster.roll();
  assert.deepEqual(cluster.take(), ['fork-successor app-0 0', 'open-gate app-0']);
  const [, old0, old1] = cluster.world.processes.map(({ pid }) => pid);
  const new0 = cluster.process('app-0').pid;
  cluster.world.sayReady(cluster.process('app-0'));
  assert.deepEqual(cluster.take(), [
    'take-over app-0',
    `agent egg-pids ${old0},${old1},${new0}`,
    `app-0 egg-pids ${cluster.process('agent').pid}`,
    'apps egg-ready',
    'terminate app-0',
    `agent egg-pids ${old1},${new0}`,
  ]);
  cluster.world.settle();
  assert.deepEqual(cluster.take(), [
    `agent egg-pids ${old1},${new0}`,
    'parent app-worker-died',
    'fork-successor app-1 0',
    'open-gate app-1',
  ]);
  endTurn(cluster);
  assert.deepEqual(
    [cluster.phase, cluster.world.state.roll, cluster.world.listening.length],
    ['running', undefined, 2],
  );
  assert.equal(cluster.world.state.lastRoll?.failure, undefined);
  assert.deepEqual(cluster.world.crashes, []);
  assert.deepEqual(cluster.world.state.crashes, []);
});

test('the agent is replaced last, and only when that is asked for: its successor is forked when it has ended', () => {
  const cluster = running({ workers: 1 });
  const agent = cluster.process('agent');
  cluster.roll(true, 7);
  endTurn(cluster);
  cluster.world.settle();
  assert.equal(agent.alive, false);
  assert.ok(cluster.take().includes('fork-agent'));
  assert.equal(cluster.world.state.slots[0]?.launch, 7);
  assert.notEqual(cluster.world.state.roll, undefined);
  cluster.world.allReady();
  assert.equal(cluster.world.state.roll, undefined);
  assert.deepEqual([cluster.world.state.crashes, cluster.world.state.launch], [[], 7]);
});

for (const [how, fail] of [
  ['says that it cannot start', (cluster: Scenario) => cluster.world.failStart(cluster.process('app-0'), false)],
  ['exits', (cluster: Scenario) => cluster.crash('app-0')],
  ['is not ready in time', (cluster: Scenario) => cluster.world.advance(60_000)],
] as const) {
  test(`a successor that ${how} ends the roll; who serves goes on serving, and nothing is counted`, () => {
    const cluster = running();
    const before = cluster.world.listening;
    cluster.roll(true, 1);
    fail(cluster);
    cluster.world.settle();
    assert.deepEqual(cluster.world.listening, before);
    assert.equal(cluster.world.state.roll, undefined);
    assert.match(cluster.world.state.lastRoll?.failure ?? '', /^app-0: /);
    assert.deepEqual(
      [cluster.world.living.length, cluster.world.state.crashes, cluster.world.state.launch],
      [3, [], 0],
    );
    // The next one begins with the first slot again.
    cluster.take();
    cluster.roll();
    assert.deepEqual(cluster.take().slice(0, 1), ['fork-successor app-0 0']);
  });
}

test('a successor that the kernel refuses ends the roll', () => {
  const cluster = running();
  cluster.world.executor.forksToFail = 1;
  cluster.roll();
  assert.match(cluster.world.state.lastRoll?.failure ?? '', /EAGAIN/);
  assert.deepEqual([cluster.phase, cluster.world.listening.length], ['running', 2]);
});

test('who crashes meanwhile is replaced as always; what comes of that is replaced too', () => {
  const cluster = running({ workers: 1 });
  cluster.roll();
  const successor = cluster.process('app-0');
  const [, old] = cluster.world.processes;
  assert.ok(old !== undefined);
  cluster.world.disconnect(old);
  cluster.world.exit(old);
  const replacement = cluster.process('app-0');
  assert.notEqual(replacement, successor);
  cluster.world.sayReady(successor);
  cluster.world.settle();
  assert.deepEqual([replacement.alive, cluster.world.listening], [false, [successor]]);
  assert.equal(cluster.world.state.crashes.length, 1);
  // It is the slot's own now.
  cluster.crash('app-0');
  cluster.world.disconnect(successor);
  cluster.world.exit(successor);
  cluster.world.allReady();
  assert.equal(cluster.world.listening.length, 1);
});

test('asked again meanwhile, all are replaced once more; with what the newest request brings', () => {
  const cluster = running({ workers: 1 });
  cluster.roll(false, 1);
  cluster.roll(true, 2);
  cluster.roll();
  endTurn(cluster);
  assert.deepEqual([cluster.world.state.launch, cluster.world.state.roll?.launch], [1, 2]);
  endTurn(cluster);
  cluster.world.settle();
  cluster.world.allReady();
  assert.deepEqual([cluster.world.state.launch, cluster.world.state.roll], [2, undefined]);
});

for (const [how, fail] of [
  ['says that it cannot start', (cluster: Scenario) => cluster.world.failStart(cluster.process('agent'), false)],
  ['exits', (cluster: Scenario) => cluster.crash('agent')],
  ['is not ready in time', (cluster: Scenario) => cluster.world.advance(60_000)],
] as const) {
  test(`a new agent that ${how} ends the roll; the next one is started as the one before it was, and nothing is counted`, () => {
    const cluster = running({ workers: 1, checkIntervalMs: 100_000 });
    const before = cluster.process('agent');
    cluster.roll(true, 1);
    endTurn(cluster);
    cluster.world.settle();
    assert.notEqual(cluster.process('agent'), before);
    fail(cluster);
    cluster.world.settle();
    assert.match(cluster.world.state.lastRoll?.failure ?? '', /^agent: /);
    assert.deepEqual(
      cluster.world.state.slots.map(({ slot, launch }) => `${slot} ${launch}`),
      ['agent 0', 'app-0 1'],
    );
    assert.deepEqual([cluster.world.state.roll, cluster.world.state.crashes], [undefined, []]);
    cluster.world.allReady();
    assert.equal(cluster.state('agent'), 'ready');
  });
}

test('a config that is taken back while the agent gets it is taken back from the agent too', () => {
  const cluster = running({ workers: 1 });
  cluster.roll(true, 1);
  cluster.roll(false, 2); // As the agent runs now nothing has changed for it.
  cluster.roll();
  for (let turns = 0; turns < 6; turns += 1) endTurn(cluster);
  assert.deepEqual(
    [cluster.world.state.roll, cluster.world.state.slots.map(({ launch }) => launch)],
    [undefined, [2, 2]],
  );
});

test('a request that a failed one has kept waiting begins after it', () => {
  const cluster = running({ workers: 1 });
  cluster.roll(false, 1);
  cluster.roll(false, 2);
  cluster.world.failStart(cluster.process('app-0'), false);
  cluster.world.settle();
  endTurn(cluster);
  assert.deepEqual([cluster.world.state.launch, cluster.world.state.lastRoll?.failure], [2, undefined]);
});

test('a predecessor that does not end in time is killed, and the roll goes on', () => {
  const cluster = running({ workers: 1 });
  const old = cluster.process('app-0');
  old.ignoresTerm = true;
  cluster.roll();
  cluster.world.allReady();
  cluster.world.settle();
  assert.equal(old.alive, true);
  cluster.world.advance(20_000);
  cluster.world.settle();
  assert.deepEqual([old.alive, cluster.world.state.roll], [false, undefined]);
});

test('a stop ends the roll, and every process', () => {
  const cluster = running();
  cluster.roll(true);
  cluster.stop();
  assert.equal(cluster.world.state.roll, undefined);
  cluster.settleAll();
  cluster.world.advance(HURRIED_STOP_MS + GIVE_UP_MS);
  assert.deepEqual([cluster.exitCode, cluster.world.living], [0, []]);
});

test('nothing is asked of who is not whole yet: the roll begins once all are ready', () => {
  const cluster = running();
  cluster.stop();
  cluster.roll();
  assert.equal(cluster.world.state.roll, undefined);
});

test('a successor that leaves and that SIGKILL does not end is given up, and the roll with it', () => {
  const cluster = running();
  cluster.roll();
  const stuck = cluster.process('app-0');
  Object.assign(stuck, { ignoresTerm: true, ignoresKill: true });
  cluster.world.disconnect(stuck);
  cluster.world.advance(HURRIED_STOP_MS);
  assert.equal(stuck.killed, true);
  assert.notEqual(cluster.world.state.roll, undefined);
  cluster.roll();
  cluster.take();
  cluster.world.advance(GIVE_UP_MS);
  assert.match(cluster.world.state.lastRoll?.failure ?? '', /^app-0: it cannot be killed$/);
  assert.equal(cluster.world.listening.length, 2);
  // What was asked for meanwhile begins at once.
  assert.ok(cluster.take().includes('fork-successor app-0 0'));
});

test('a predecessor that SIGKILL does not end holds up nobody else', () => {
  const cluster = running();
  const stuck = cluster.process('app-0');
  Object.assign(stuck, { ignoresTerm: true, ignoresKill: true });
  cluster.roll();
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.advance(cluster.world.policy.appStopMs);
  assert.equal(stuck.killed, true);
  cluster.take();
  cluster.world.advance(GIVE_UP_MS);
  assert.ok(cluster.take().includes('fork-successor app-1 0'));
  endTurn(cluster);
  assert.deepEqual([cluster.world.state.roll, stuck.alive], [undefined, true]);
});
