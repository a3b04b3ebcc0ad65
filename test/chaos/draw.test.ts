import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSchedule } from './draw.js';
import { show } from './schedule.js';

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
    for (const target of ['master', 'agent', 'app', 'any'])
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
  ] as const)
    assert.ok(new Set(schedules.map(({ setup }) => setup[key])).size > 1, key);
  for (const key of ['flood', 'stubborn'] as const)
    assert.ok(
      schedules.some(({ setup }) => setup.appBehaviour[key]),
      key,
    );
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
