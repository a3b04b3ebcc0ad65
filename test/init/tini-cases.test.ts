/** The cases of tini's own suite (test/run_inner_tests.py, ci/run_build.sh), each with eggcup and with tini. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandEnded } from '#eggcup/init/command-end.js';
import { type CommandOptions, defaultOptions } from '#eggcup/init/command-options.js';
import { compare, complete, exitCodesOf, start, startPrintSignals } from '../helpers/inits.js';
import { programOf } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

const CODES = Array.from({ length: 256 }, (_, code) => code);
const exitWith = (code: number): readonly string[] => ['sh', '-c', `exit ${code}`];

compare('tini', 'every exit code goes through, with -e for all others', async (t, init) => {
  const runs = CODES.map((code) => {
    const others = CODES.filter((other) => other !== code);
    return { options: others.flatMap((other) => ['-e', String(other)]), command: exitWith(code) };
  });
  assert.deepEqual(await exitCodesOf(t, init, runs), CODES);
});

compare('tini', '-e makes 0 of an exit code, and of the 128+n of a signal', async (t, init) => {
  const sample = [0, 1, 2, 77, 126, 127, 128, 143, 192, 254, 255];
  const runs = [
    ...sample.map((code) => ({ options: ['-e', String(code)], command: exitWith(code) })),
    { options: ['-e', '143'], command: ['sh', '-c', 'kill -TERM $$'] },
    { options: ['-e', '3', '-e', '143'], command: exitWith(3) },
  ];
  assert.deepEqual(new Set(await exitCodesOf(t, init, runs)), new Set([0]));
});

test('-e of each code is 0 of that code alone', () => {
  const defaults = defaultOptions({});
  assert.ok(!('why' in defaults));
  for (const code of CODES) {
    const options: CommandOptions = { ...defaults, successCodes: new Set([code]) };
    const codes = CODES.map((ended) => commandEnded(['x'], options, { kind: 'exited', code: ended }).code);
    assert.deepEqual(codes, CODES.with(code, 0));
  }
});

for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const) {
  compare('tini', `${signal} ends the command, and that is told as 128+n`, async (t, init) => {
    const run = start(t, init, ['sh', '-c', 'echo ready; exec sleep 1000'], { options: ['-s'] });
    await run.untilPrinted(/ready/);
    run.signal(signal);
    assert.equal(await run.ended(), 128 + constants.signals[signal]);
    await run.untilNothingIsLeft();
  });
}

/** Catches USR1, which its child does not; ends with 7 when that has gone. */
const GROUP = `
  trap 'echo caught' USR1
  sleep 1000 &
  echo ready
  while kill -0 $! 2>&-; do wait $!; done
  exit 7`;

for (const [how, settings] of [
  ['-g', { options: ['-g'] }],
  ['TINI_KILL_PROCESS_GROUP, even empty,', { env: { TINI_KILL_PROCESS_GROUP: '' } }],
] as const) {
  compare('tini', `${how} sends signals to the whole process group`, async (t, init) => {
    const run = start(t, init, ['sh', '-c', GROUP], settings);
    await until('the child to run', () => run.living().some((pid) => programOf(pid) === 'sleep'));
    run.signal('SIGUSR1');
    assert.equal(await run.ended(), 7);
    await run.untilNothingIsLeft();
  });
}

compare('tini', 'without -g only the command gets a signal', async (t, init) => {
  const run = start(t, init, ['sh', '-c', GROUP]);
  await until('the child to run', () => run.living().some((pid) => programOf(pid) === 'sleep'));
  run.signal('SIGUSR1');
  await run.untilPrinted(/caught/);
  assert.ok(run.living().some((pid) => programOf(pid) === 'sleep'));
});

compare('tini', '-p forwards a signal when the parent dies', async (t, init) => {
  const run = await startPrintSignals(t, init, {
    options: ['-p', 'SIGUSR1'],
    wrapper: ['sh', '-c', '"$@" & wait', 'sh'],
  });
  run.signal('SIGKILL'); // The shell in front.
  await run.untilPrinted(/^10$/m);
});

compare('tini', '-v and TINI_VERBOSITY say more or less, and the variable overrides the option', async (t, init) => {
  const told = async (options: readonly string[], env: Readonly<Record<string, string>>): Promise<string> => {
    const { output, errors } = await complete(t, init, ['true'], { options, env });
    // tini tells it on standard output, which with eggcup is the command's alone.
    if (init.name === 'eggcup') assert.equal(output, '');
    return output + errors;
  };
  assert.match(await told([], {}), /^\[WARN /);
  assert.match(await told(['-v'], {}), /^\[INFO .*Spawned child process 'true' with pid '\d+'$/m);
  assert.match(await told([], { TINI_VERBOSITY: '2' }), /^\[INFO .*Spawned child process 'true'/m);
  assert.equal(await told([], { TINI_VERBOSITY: '0' }), '');
  assert.equal(await told(['-vvv'], { TINI_VERBOSITY: '0' }), '');
});

compare('tini', 'a command that is not there is 127, one that is no program 126', async (t, init) => {
  const commands = [['no-such-program'], ['/no/such/program'], ['/etc'], ['/etc/passwd']];
  const codes = await exitCodesOf(
    t,
    init,
    commands.map((command) => ({ command })),
  );
  assert.deepEqual(codes, [127, 127, 126, 126]);
});

compare('tini', '-- ends the options, and a second one is the command', async (t, init) => {
  const commands = [
    { options: ['-s', '--'], command: ['true'] },
    { options: ['--'], command: ['false'] },
    { options: ['--', '--'], command: ['true'] },
    { options: ['--'], command: ['sh', '-c', 'test "$*" = "-g -- -e"', 'sh', '-g', '--', '-e'] },
  ];
  assert.deepEqual(await exitCodesOf(t, init, commands), [0, 1, 127, 0]);
});

compare(
  'tini',
  'without -- the first word that is no option is the command (tini: where getopt is POSIX)',
  async (t, init) => {
    const env = { POSIXLY_CORRECT: '1' };
    const run = start(t, { ...init, command: [...init.command, 'sh', '-c', 'exit 9'] }, [], { env });
    assert.equal(await run.ended(), 9);
  },
);

compare('tini', 'no command, or a wrong option, is refused (tini: 1; eggcup: 78)', async (t, init) => {
  const runs = [
    { options: ['-g'], command: [] },
    { options: ['-x'], command: ['true'] },
    { options: ['-e', '256'], command: ['true'] },
    { options: ['-p', 'SIGNOT'], command: ['true'] },
  ];
  const refused = init.name === 'eggcup' ? 78 : 1;
  assert.deepEqual(await exitCodesOf(t, init, runs), [refused, refused, refused, refused]);
});

compare('tini', 'standard input, output and error are the command\u2019s', async (t, init) => {
  const run = start(t, init, ['sh'], { options: ['-s'] });
  run.type('echo out\necho err >&2\nexit 5\n');
  assert.equal(await run.ended(), 5);
  assert.deepEqual([run.output, run.errors], ['out\n', 'err\n']);
});

compare(
  'tini',
  'a pipe through the command is not broken, and SIGPIPE ends who writes to a closed one',
  async (t, init) => {
    const megabytes = 'head -c 4000000 /dev/zero | cat | wc -c; yes | head -n 1; kill -PIPE $$';
    const { code, output } = await complete(t, init, ['sh', '-c', megabytes], { options: ['-s'] });
    assert.deepEqual([code, output.split(/\s+/).filter(Boolean)], [141, ['4000000', 'y']]);
  },
);

compare('tini', 'a script without #! is the shell\u2019s', async (t, init) => {
  const script = join(temporaryDirectory(t), 'script');
  writeFileSync(script, 'echo "$0 $1"; exit 6\n');
  chmodSync(script, 0o755);
  const { code, output } = await complete(t, init, [script, 'argument']);
  assert.deepEqual([code, output], [6, `${script} argument\n`]);
});

compare(
  'tini',
  'ignored and blocked signals are inherited (tini), or as in a fresh process (eggcup)',
  async (t, init) => {
    // Node gives each signal its default action, and unblocks all, before any of our code runs.
    const run = await complete(t, init, ['grep', '^Sig[BI]', '/proc/self/status'], {
      wrapper: ['sh', '-c', 'trap "" USR1; exec "$@"', 'sh'],
    });
    const ignored = init.name === 'eggcup' ? '0000000000000000' : '0000000000000200';
    assert.deepEqual(run.output.split(/\s+/), ['SigBlk:', '0000000000000000', 'SigIgn:', ignored, '']);
  },
);
