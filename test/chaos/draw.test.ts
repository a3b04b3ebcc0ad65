import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from './change.js';
import { drawSchedule } from './draw.js';
import { RUNS, SEED } from './fixed-runs.js';
import { type Fault, type Schedule, show } from './schedule.js';

const schedules = Array.from({ length: 500 }, (_, run) => drawSchedule(1, run));

test('the same seed and run give the same schedule, others give others', () => {
  assert.deepEqual(drawSchedule(7, 3), drawSchedule(7, 3));
  const distinct = new Set([...schedules, drawSchedule(2, 0), drawSchedule(2, 1)].map((schedule) => show(schedule)));
  assert.ok(distinct.size >= 495, `${distinct.size} of 502 are distinct`);
});

test('every kind of fault is drawn, to every kind of process, in every kind of cluster', () => {
  const faults = schedules.flatMap((schedule) => schedule.faults);
  const seen = new Set(
    faults.flatMap((fault) => ('target' in fault ? [`${fault.kind} ${fault.target.kind}`] : [fault.kind])),
  );
  for (const kind of ['signal', 'pause'])
    for (const target of ['master', 'agent', 'app', 'any', 'successor', 'predecessor'])
      assert.ok(seen.has(`${kind} ${target}`), `${kind} ${target}`);
  for (const kind of ['fill', 'exhaust', 'storm']) assert.ok(seen.has(kind), kind);
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGUSR2', 'SIGALRM', 'SIGURG', 'SIGHUP', 'SIGWINCH'])
    assert.ok(
      faults.some((fault) => fault.kind === 'signal' && fault.signal === signal),
      signal,
    );
  for (const key of [
    'role',
    'program',
    'workers',
    'minReady',
    'agent',
    'appReady',
    'http',
    'restartLimit',
    'failures',
    'listen',
  ] as const)
    assert.ok(new Set(schedules.map(({ setup }) => setup[key])).size > 1, key);
  for (const key of ['flood', 'stubborn'] as const)
    assert.ok(
      schedules.some(({ setup }) => setup.appBehaviour[key]),
      key,
    );
});

test('every planned change is drawn, once and in storms, alone and among faults', () => {
  const drawn = changesOf(schedules);
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'] as const)
    for (const isStorm of [true, false])
      assert.ok(
        drawn.some((change) => change.signal === signal && change.times > 1 === isStorm),
        signal,
      );
  for (const flaw of ['none', 'failing-app', 'failing-agent', 'invalid'])
    assert.ok(
      drawn.some(({ file }) => file?.flaw === flaw),
      flaw,
    );
  assert.ok(drawn.some(({ signal, file }) => signal === 'SIGHUP' && file === undefined));
  const alone = schedules.filter(({ faults }) => faults.length > 0 && faults.every(({ kind }) => kind === 'change'));
  assert.ok(alone.filter(({ setup, stop }) => setup.traffic && stop.settles).length > 50);
});

test('the runs of every test have some of each', () => {
  const drawn = Array.from({ length: RUNS }, (_, run) => drawSchedule(SEED, run));
  assert.ok(new Set(changesOf(drawn).map(({ signal }) => signal)).size === 4);
  const flaws = new Set(changesOf(drawn).map(({ file }) => file?.flaw));
  assert.deepEqual([...flaws].toSorted(), ['failing-agent', 'failing-app', 'invalid', 'none', undefined]);
  const targets = new Set(drawn.flatMap(({ faults }) => faults.flatMap((fault) => targetOf(fault) ?? [])));
  assert.ok(targets.has('successor') && targets.has('predecessor'));
});

test('a schedule can always be done: no master is stopped for good, no disk is filled that is none of ours', () => {
  for (const { setup, from, faults } of schedules) {
    assert.ok(setup.minReady <= setup.workers);
    for (const fault of faults) {
      if (fault.kind === 'fill') assert.ok(setup.smallDisk);
      if (fault.kind === 'exhaust') assert.equal(from, 'ready');
      if (fault.kind === 'pause' && fault.target.kind === 'master') assert.notEqual(fault.forMs, null);
    }
  }
});

function changesOf(drawn: readonly Schedule[]): readonly Change[] {
  return drawn.flatMap(({ faults }) => faults.flatMap((fault) => (fault.kind === 'change' ? [fault] : [])));
}

function targetOf(fault: Fault): string | undefined {
  return 'target' in fault ? fault.target.kind : undefined;
}
