import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STOP_MS,
  END_MS,
  setup,
  worker,
  good,
  changed,
  endedWith,
  between,
  logOf,
  childOf,
  line,
  toMaster,
  status,
} from './good-run.js';
import { PROMISES, brokenPromises } from './invariants.js';
import type { Delivery, Observation } from './observation.js';

test('a run in which all is well breaks no promise', () => {
  assert.deepEqual(brokenPromises(good(), setup), []);
});

/** For each promise at least one run that breaks it, and nothing else. */
const BROKEN: readonly (readonly [promise: string, Observation])[] = [
  ['ready comes with started, and started only after egg-ready', changed(() => true, { started: false })],
  ['ready comes with started, and started only after egg-ready', { ...good(), log: logOf('child.ready') }],
  ['started is there from egg-ready to the end', changed(({ at }) => at === 4000, { started: false, ready: false })],
  [
    'ready is there no longer than minReady app workers live that have been ready',
    changed(between(2000, 5000), { processes: [], status: status('running', []) }),
  ],
  [
    'ready is there soon when status.json says that enough app workers listen',
    changed(between(2000, 5000), { ready: false }),
  ],
  ['ready goes when a stop is asked for', { ...good(), deliveries: [toMaster('SIGTERM', 4000)] }],
  [
    'live is fresh unless the master is stopped or the Manager check failed',
    changed(between(2000, 5000), { liveAgeMs: 2500 }),
  ],
  [
    'live is fresh unless the master is stopped or the Manager check failed',
    changed(between(2000, 5000), { liveAgeMs: undefined }),
  ],
  ['status.json always parses, and its phase only goes on', changed(({ at }) => at === 4000, { status: 'broken' })],
  [
    'status.json always parses, and its phase only goes on',
    changed(({ at }) => at === 4000, { status: status('starting', [13]) }),
  ],
  [
    'status.json names the processes that there are',
    changed(between(2000, 5000), { status: status('running', [13, 99]) }),
  ],
  [
    'status.json names the processes that there are',
    changed(between(2000, 5000), { processes: [worker, { ...worker, pid: 14 }] }),
  ],
  [
    'no zombie stays',
    changed(between(2000, 5000), { processes: [worker, { ...worker, pid: 14, kind: 'other', state: 'Z' }] }),
  ],
  [
    'nothing is forked after a stop was asked for',
    {
      ...changed(({ at }) => at === 8350, { processes: [{ ...worker, pid: 14, startedAt: 8300 }] }),
      deliveries: [toMaster('SIGTERM', 6000)],
    },
  ],
  ['nothing is forked after a stop was asked for', { ...good(), log: [...good().log, line('child.forked')] }],
  ['the cluster recovers when the faults are over', { ...good(), settled: 'no' }],
  ['the master ends in time', { ...good(), end: undefined }],
  ['the master ends in time', { ...good(), end: { at: 18_000, code: 0 } }],
  ['the exit code has its reason in what was done', { ...good(), deliveries: [] }],
  [
    'the exit code has its reason in what was done',
    endedWith(13, '2 crashes within 60000 ms (restart.limit); the last was app-0'),
  ],
  ['the exit code has its reason in what was done', endedWith(70, 'a fault of eggcup itself was sent to the master')],
  ['the termination message explains the exit code', { ...good(), termination: 'eggcup exits with code 0: why' }],
  ['the termination message explains the exit code', { ...endedWith(15, 'SIGTERM received') }],
  ['the termination message explains the exit code', { ...endedWith(15, ''), termination: '' }],
  [
    'the termination message explains the exit code',
    endedWith(15, `SIGTERM received; app-0 had to be killed${'x'.repeat(4096)}`),
  ],
  [
    'the exit code is that of the first stop, and 15 when that had to kill',
    { ...good(), log: [...good().log, line('child.killed')] },
  ],
  ['only who may hang is killed', { ...good(), log: [...good().log, line('child.killed')] }],
  [
    'the health endpoints answer, from the first time on',
    { ...good(), probes: [...good().probes.slice(0, 2), { at: 3000, answer: undefined }] },
  ],
  [
    'what the health endpoints answer is a status',
    { ...good(), probes: [{ at: 3000, answer: { code: 500, body: '' } }] },
  ],
  [
    'what the health endpoints answer is a status',
    { ...good(), probes: [{ at: 3000, answer: { code: 200, body: '{' } }] },
  ],
  ['eggcup itself throws nothing', { ...good(), output: 'Error: x\n    at send (/a/dist/worker/script-main.js:1:2)' }],
  ['eggcup itself throws nothing', { ...good(), output: '(node:13) MaxListenersExceededWarning: …' }],
  ['no file is left', { ...good(), leftFiles: ['live'] }],
  [
    'changes alone lose no request',
    { ...good(), traffic: { answered: 9, lost: [{ sentAt: 2000, at: 2010, path: '/', why: 'ECONNRESET' }] } },
  ],
  [
    'changes alone leave as many listening as before or after them',
    changed(({ at }) => at === 4000, { status: status('reloading', []) }),
  ],
  [
    'status.json shows one process for a slot, and one more only while it is to take over',
    changed(({ at }) => at === 4000, { status: { ...status('running', []), children: [childOf(13), childOf(14)] } }),
  ],
  [
    'status.json shows one process for a slot, and one more only while it is to take over',
    changed(({ at }) => at === 4000, {
      status: { ...status('reloading', []), children: [childOf(13), childOf(14), childOf(15)] },
    }),
  ],
  [
    'each change that is asked for is answered',
    { ...good(), deliveries: [toMaster('SIGUSR2', 4000), ...good().deliveries] },
  ],
  [
    'the number of app workers is changed as it is asked for',
    { ...good(), log: [...good().log, line('scale.begun', { reason: 'SIGTTIN received', from: 1, to: 3 })] },
  ],
  [
    'in the end there are as many app workers as were asked for',
    { ...good(), log: [...good().log, line('scale.begun', { reason: 'SIGTTIN received', from: 1, to: 2 })] },
  ],
  [
    'no more processes wait for a place than may',
    changed(({ at }) => at === 4000, {
      status: { ...status('running', [13]), standbys: [{ pid: 14, state: 'waiting' }] },
    }),
  ],
  [
    'in the end all processes run what was last asked for',
    { ...good(), files: [{ at: 4000, file: { workers: 1, version: 1, flaw: 'none' } }] },
  ],
  ['no process is left', { ...good(), leftProcesses: [{ pid: 13, kind: 'other', name: 'sleep' }] }],
];

for (const [promise, seen] of BROKEN) {
  test(`it is noticed when this is not so: ${promise}`, () => {
    const broken = brokenPromises(seen, setup);
    assert.ok(
      broken.some((text) => text.startsWith(`${promise}: `)),
      `noticed was only ${JSON.stringify(broken)}`,
    );
  });
}

test('each promise is shown to be able to fail', () => {
  const shown = new Set(BROKEN.map(([promise]) => promise));
  assert.deepEqual(
    Object.keys(PROMISES).filter((promise) => !shown.has(promise)),
    [],
  );
});

test('after a kill -9 only agent and app workers must be gone: who else is there is the application’s', () => {
  const killed: Delivery = toMaster('SIGKILL', STOP_MS);
  const seen = {
    ...good(),
    deliveries: [killed],
    end: { at: END_MS, code: 137 },
    log: logOf('child.ready', 'cluster.ready'),
  };
  assert.deepEqual(brokenPromises({ ...seen, leftProcesses: [{ pid: 13, kind: 'other', name: 'sleep' }] }, setup), []);
  assert.deepEqual(brokenPromises({ ...seen, leftProcesses: [{ pid: 13, kind: 'app', name: 'node' }] }, setup), [
    'no process is left: node (pid 13)',
  ]);
});

test('a stack counts as eggcup’s when it has no frame of a program', () => {
  const ours = '    at send (/a/dist/worker/script-main.js:1:2)\n    at node:internal/x:1:2\n';
  const egg = '    at log (/a/node_modules/egg4/dist/commonjs/lib/egg.js:1:2)\n';
  assert.deepEqual(brokenPromises({ ...good(), output: `Error: x\n    at app (/a/app.js:1:2)\n${ours}` }, setup), []);
  assert.deepEqual(brokenPromises({ ...good(), output: `Error: x\n${egg}` }, setup), []);
  assert.equal(brokenPromises({ ...good(), output: `Error: x\n${ours}Error: y\n${egg}` }, setup).length, 1);
});

test('a stopped master may be late with everything', () => {
  const stopped = changed(between(1900, 5000), { masterState: 'T', liveAgeMs: 3000, processes: [] });
  assert.deepEqual(brokenPromises(stopped, setup), []);
});

test('a master that is stopped on its way out has taken its files away before', () => {
  const left = changed(between(STOP_MS + 200, END_MS), {
    masterState: 'T',
    started: false,
    status: 'absent',
    processes: [],
  });
  const late = { ...left, end: { at: END_MS + 5000, code: 0 } };
  const done = { ...line('stop.done', { exitCode: 0 }), at: STOP_MS + 150 };
  assert.deepEqual(brokenPromises({ ...late, log: [...late.log, done] }, setup), []);
  assert.equal(brokenPromises(late, setup).length, 1);
});
