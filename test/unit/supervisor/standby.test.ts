import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIVE_UP_MS } from '#eggcup/supervisor/deadlines.js';
import { standbyViews } from '#eggcup/supervisor/view.js';
import { POLICY, type Scenario, running } from './scenario.js';
import { World } from './world.js';

/** A cluster of which one process is on standby. */
function withStandby(): Scenario {
  const cluster = running({ standbys: 1 });
  assert.equal(cluster.world.standbys.waiting.length, 1);
  return cluster;
}

const pidOf = (cluster: Scenario): number | undefined => cluster.world.standbys.waiting[0]?.pid;

test('once all is well a process waits; it gets the place of a worker that ends, and another one waits when it is ready', () => {
  const cluster = withStandby();
  const pid = pidOf(cluster);
  cluster.crash('app-0');
  assert.deepEqual([cluster.process('app-0').pid, cluster.state('app-0')], [pid, 'starting']);
  assert.deepEqual(cluster.world.standbys.waiting, []);
  assert.ok(!cluster.take().some((order) => order.startsWith('fork-standby')));
  cluster.world.allReady();
  assert.deepEqual(cluster.take(), [
    'agent egg-pids 1002,500001',
    'app-0 egg-pids 1000',
    'apps egg-ready',
    'fork-standby 0',
  ]);
  assert.deepEqual([cluster.world.listening.length, cluster.world.state.crashes.length], [2, 1]);
});

test('it serves a new slot, and the successor of a worker that hangs; its back-off holds for it as well', () => {
  const cluster = withStandby();
  const first = pidOf(cluster);
  cluster.scale(3);
  assert.equal(cluster.process('app-2').pid, first);
  cluster.world.allReady();
  const second = pidOf(cluster);
  cluster.world.sayHung(cluster.process('app-0'));
  assert.equal(cluster.process('app-0').pid, second);
  cluster.world.allReady();
  cluster.settleAll();
  cluster.crash('app-1');
  cluster.world.allReady();
  cluster.crash('app-1');
  assert.equal(cluster.state('app-1'), 'gate');
});

test('a replacement of all begins without it: what it has loaded may be what has changed', () => {
  const cluster = withStandby();
  cluster.roll(false, 5);
  assert.deepEqual(cluster.take().slice(0, 2), ['end-standby 1', 'fork-successor app-0 5']);
  for (let turn = 0; turn < 4; turn += 1) {
    cluster.world.allReady();
    cluster.world.settle();
  }
  assert.deepEqual([cluster.world.state.roll, cluster.world.standbys.waiting[0]?.launch], [undefined, 5]);
});

test('one that ends by itself, or is refused, is tried again later; it is no crash', () => {
  const cluster = withStandby();
  cluster.world.standbys.exitOne();
  assert.deepEqual(standbyViews(cluster.world.state), []);
  cluster.world.executor.forksToFail = 1;
  cluster.world.advance(15_000);
  assert.deepEqual([cluster.take(), pidOf(cluster)], [['fork-standby 0'], undefined]);
  cluster.world.advance(14_999);
  assert.deepEqual(cluster.take(), []);
  cluster.world.advance(1);
  assert.deepEqual([cluster.take(), cluster.world.state.crashes], [['fork-standby 0'], []]);
});

test('they are forked one after the other, each when the one before has loaded; one that never does is ended', () => {
  const cluster = running({ standbys: 2, startupMs: 30_000 });
  assert.equal(cluster.world.standbys.waiting.length, 2);
  const [first, second] = cluster.world.standbys.waiting;
  cluster.crash('app-0');
  cluster.crash('app-1');
  assert.deepEqual([cluster.process('app-0').pid, cluster.process('app-1').pid], [first?.pid, second?.pid]);
  for (const slot of ['app-0', 'app-1'] as const) cluster.world.sayReady(cluster.process(slot));
  assert.deepEqual(
    [cluster.world.standbys.wanted.length, standbyViews(cluster.world.state)[0]?.state],
    [1, 'starting'],
  );
  cluster.take();
  cluster.crash('app-0');
  assert.notEqual(cluster.process('app-0').pid, cluster.world.standbys.wanted[0]?.pid);
  cluster.world.advance(200);
  cluster.world.sayReady(cluster.process('app-0'));
  cluster.world.advance(29_800);
  cluster.world.settle();
  assert.deepEqual([cluster.take().at(-1), cluster.world.standbys.living], ['end-standby 3', []]);
  cluster.world.advance(15_000);
  assert.equal(cluster.take().at(-1), 'fork-standby 0');
});

test('none is forked while anything is amiss', () => {
  const cluster = withStandby();
  cluster.crash('agent');
  cluster.crash('app-0');
  cluster.take();
  cluster.world.sayReady(cluster.process('agent'));
  assert.deepEqual(cluster.world.standbys.waiting, []);
  cluster.world.allReady();
  assert.equal(cluster.world.standbys.waiting.length, 1);
});

test('a stop ends it first, and waits until it has gone, but not for ever', () => {
  const cluster = withStandby();
  cluster.world.standbys.ignoreKill();
  cluster.stop();
  assert.ok(cluster.take().includes('end-standby 1'));
  assert.deepEqual(standbyViews(cluster.world.state), [{ pid: 500_001, state: 'stopping', since: 0 }]);
  cluster.settleAll();
  assert.equal(cluster.exitCode, undefined);
  cluster.world.advance(GIVE_UP_MS);
  assert.equal(cluster.exitCode, 0);

  const other = withStandby();
  other.stop();
  other.settleAll();
  other.world.settle();
  assert.deepEqual([other.exitCode, other.world.standbys.living], [0, []]);
});

test('a fork that crosses a stop, or a replacement of all, on its way is ended as soon as it is told', () => {
  for (const asked of [
    { kind: 'stop-requested', signal: 'SIGTERM' },
    { kind: 'roll-requested', reason: 'SIGHUP received', launch: 5, agent: false },
  ] as const) {
    let isAsked = false;
    const world = new World({ ...POLICY, standbys: 1 }, (own) => ({
      ordered: ({ kind }) => {
        if (kind !== 'fork-standby' || isAsked) return;
        isAsked = true;
        own.tell(asked);
      },
    }));
    world.allReady();
    assert.deepEqual([isAsked, world.standbys.wanted, world.standbys.living.length], [true, [], 1], asked.kind);
  }
});
