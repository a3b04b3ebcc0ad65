/** The cases of dumb-init's tests about signals, each with eggcup and with dumb-init. */
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { DUMB_INIT_MODES, modeOf } from '../helpers/dumb-init.js';
import { compare, exitCodesOf, startPrintSignals } from '../helpers/inits.js';
import { stateOf } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

const { SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGTERM, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH } = constants.signals;
const { SIGKILL, SIGCHLD, SIGSTOP, SIGURG, SIGSYS } = constants.signals;
const SUSPENDING: readonly number[] = [SIGTSTP, SIGTTIN, SIGTTOU];
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
/** 32 and 33 are the C library's. */
const REAL_TIME = range(34, 64);
const STANDARD = range(1, 31);

for (const mode of DUMB_INIT_MODES) {
  compare('dumb-init', `every signal that can be caught is forwarded: ${mode}`, async (t, init) => {
    const run = await startPrintSignals(t, init, modeOf(init, mode));
    const forwarded = [...STANDARD, ...REAL_TIME].filter(
      (signal) => ![SIGKILL, SIGSTOP, SIGCHLD, ...SUSPENDING].includes(signal),
    );
    for (const signal of forwarded) {
      const printed = run.lines.length;
      run.signal(signal);
      await until(`signal ${signal} to arrive`, () => run.lines.length > printed);
      assert.equal(run.lines.at(-1), String(signal));
    }
  });

  for (const [how, rewrites, sent, received] of [
    ['not', [], [SIGTERM, SIGQUIT, SIGCONT, SIGINT], [SIGTERM, SIGQUIT, SIGCONT, SIGINT]],
    ['one', [[SIGTERM, SIGINT]], [SIGTERM, SIGQUIT, SIGCONT, SIGINT], [SIGINT, SIGQUIT, SIGCONT, SIGINT]],
    [
      'swapped, and one to itself',
      [
        [SIGTERM, SIGINT],
        [SIGINT, SIGTERM],
        [SIGQUIT, SIGQUIT],
      ],
      [SIGTERM, SIGQUIT, SIGCONT, SIGINT],
      [SIGINT, SIGQUIT, SIGCONT, SIGTERM],
    ],
    [
      'the lowest and the highest',
      [
        [SIGHUP, SIGSYS],
        [SIGSYS, SIGHUP],
      ],
      [SIGHUP, SIGSYS],
      [SIGSYS, SIGHUP],
    ],
    [
      'to nothing',
      [
        [SIGTERM, SIGQUIT],
        [SIGINT, 0],
        [SIGWINCH, 0],
      ],
      [SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGUSR1],
      [SIGQUIT, undefined, SIGHUP, undefined, SIGUSR1],
    ],
  ] as const) {
    compare('dumb-init', `signals are rewritten: ${how}, ${mode}`, async (t, init) => {
      const { options, env } = modeOf(init, mode);
      const rewriting = rewrites.flatMap(([from, to]) => ['-r', `${from}:${to}`]);
      const run = await startPrintSignals(t, init, { options: [...options, ...rewriting], env });
      for (const [index, signal] of sent.entries()) {
        run.signal(signal);
        const printed = received.slice(0, index + 1).filter((it) => it !== undefined);
        await until(`${printed.join(', ')} to arrive`, () => run.lines.length > printed.length);
        assert.deepEqual(run.lines.slice(1), printed.map(String));
      }
    });
  }
}

compare('dumb-init', 'TSTP, TTIN and TTOU stop the init and its group, CONT resumes both', async (t, init) => {
  const run = await startPrintSignals(t, init, modeOf(init, 'whole group'));
  for (const [index, signal] of SUSPENDING.entries()) {
    run.signal(signal);
    await until('both to be stopped', () => stateOf(run.pid) === 'T' && stateOf(run.printer) === 'T');
    run.signal('SIGCONT');
    await until('the command to go on', () => run.lines.length > index + 1);
    assert.equal(run.lines.at(-1), String(SIGCONT));
    await until('both to run', () => stateOf(run.pid) !== 'T' && stateOf(run.printer) !== 'T');
  }
});

for (const [how, mode, rewrites] of [
  ['are forwarded as they are', 'single child', []],
  [
    'can be rewritten',
    'whole group',
    [
      [SIGTSTP, SIGHUP],
      [SIGTTIN, SIGTERM],
      [SIGTTOU, SIGINT],
    ],
  ],
] as const) {
  compare('dumb-init', `TSTP, TTIN and TTOU ${how}, and the init stops itself: ${mode}`, async (t, init) => {
    const { options, env } = modeOf(init, mode);
    const rewriting = rewrites.flatMap(([from, to]) => ['-r', `${from}:${to}`]);
    const run = await startPrintSignals(t, init, { options: [...options, ...rewriting], env });
    const expected: number[] = [];
    const untilExpected = async (signal: number): Promise<void> => {
      expected.push(signal);
      await until(`signal ${signal} to arrive`, () => run.lines.length > expected.length);
      assert.deepEqual(run.lines.slice(1), expected.map(String));
    };
    for (const signal of SUSPENDING) {
      run.signal(signal);
      await untilExpected(rewrites.find(([from]) => from === signal)?.[1] ?? signal);
      await until('the init to be stopped', () => stateOf(run.pid) === 'T');
      run.signal('SIGCONT');
      await untilExpected(SIGCONT);
      await until('the init to run', () => stateOf(run.pid) !== 'T');
    }
  });
}

compare('dumb-init', 'a command that a signal kills is told as 128+n, for each', async (t, init) => {
  const harmless = new Set([SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, ...SUSPENDING]);
  const deadly = range(1, 64).filter((signal) => !harmless.has(signal));
  const runs = deadly.map((signal) => ({ command: ['sh', '-c', `ulimit -c 0; kill -${signal} $$`] }));
  assert.deepEqual(
    await exitCodesOf(t, init, runs),
    deadly.map((signal) => 128 + signal),
  );
});

compare('dumb-init', 'the first thing that a command does may be to signal its init', async (t, init) => {
  const signals = [...range(34, 53), SIGTERM, SIGUSR1];
  const runs = signals.map((signal) => ({ command: ['sh', '-c', `kill -${signal} $PPID; exec sleep 1000`] }));
  assert.deepEqual(
    await exitCodesOf(t, init, runs),
    signals.map((signal) => 128 + signal),
  );
});

compare('dumb-init', 'a rewriting that makes no sense is refused (dumb-init: 1; eggcup: 78)', async (t, init) => {
  const wrong = ['', 'herp', 'herp:derp', '15', '15::12', '15:derp', '0:15', '15:65'];
  const runs = wrong.map((rewrite) => ({ options: ['-r', rewrite], command: ['true'] }));
  assert.deepEqual(
    await exitCodesOf(t, init, runs),
    wrong.map(() => (init.name === 'eggcup' ? 78 : 1)),
  );
});

compare('dumb-init', 'real-time signals can be rewritten (eggcup), or not (dumb-init: 1)', async (t, init) => {
  const [code] = await exitCodesOf(t, init, [{ options: ['-r', '1:34'], command: ['true'] }]);
  assert.equal(code, init.name === 'eggcup' ? 0 : 1);
});
