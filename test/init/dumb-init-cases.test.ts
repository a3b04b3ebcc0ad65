/** The cases of dumb-init's tests about processes, each with eggcup and with dumb-init. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { DUMB_INIT_MODES, modeOf } from '../helpers/dumb-init.js';
import { compare, complete, exitCodesOf, PRINT_SIGNALS, start } from '../helpers/inits.js';
import { childrenOf, descendantsOf, programOf, sessionOf } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

for (const mode of DUMB_INIT_MODES) {
  compare('dumb-init', `exit codes go through: ${mode}`, async (t, init) => {
    const codes = [0, 1, 2, 32, 64, 127, 254, 255];
    const { options } = modeOf(init, mode);
    const runs = codes.map((code) => ({ options, command: ['sh', '-c', `exit ${code}`] }));
    assert.deepEqual(await exitCodesOf(t, init, runs), codes);
  });

  compare(
    'dumb-init',
    `what can't be executed is told by name (dumb-init: 2; eggcup: 127): ${mode}`,
    async (t, init) => {
      const { code, errors } = await complete(t, init, ['/doesnotexist'], modeOf(init, mode));
      assert.equal(code, init.name === 'eggcup' ? 127 : 2);
      assert.match(errors, /\/doesnotexist\b.*no such file or directory/i);
    },
  );

  compare(
    'dumb-init',
    `the command starts where the init was started, which itself goes to /: ${mode}`,
    async (t, init) => {
      const cwd = temporaryDirectory(t);
      const run = start(t, init, ['sh', '-c', 'pwd -P; cat'], { cwd, ...modeOf(init, mode) });
      await run.untilPrinted(/\n/);
      await until('the init to leave the directory', () => readlinkSync(`/proc/${run.pid}/cwd`) === '/');
      run.process.stdin?.end();
      assert.equal(await run.ended(), 0);
      assert.equal(run.output, `${cwd}\n`);
    },
  );
}

/** Five processes that write and read as fast as they can. */
const PIPELINES = "yes 'oh, hi' | tail & yes error | tail >&2";
/** On one CPU: where Linux groups tasks by session, dumb-init's busy one may keep both from everybody else for a minute. */
const WRITERS = ['sh', '-c', `taskset -p -c ${firstCpu()} $$ >/dev/null; ${PIPELINES}`];

compare('dumb-init', 'one SIGTERM ends a group of busy writers', async (t, init) => {
  const run = start(t, init, WRITERS, modeOf(init, 'whole group'));
  await until('all writers and readers', () => isWriting(descendantsOf(run.pid)));
  run.signal('SIGTERM');
  assert.equal(await run.ended(), 143);
  await run.untilNothingIsLeft();
});

compare('dumb-init', 'a single child leaves its group behind (dumb-init), or it is ended (eggcup)', async (t, init) => {
  const run = start(t, init, WRITERS, modeOf(init, 'single child'));
  await until('all writers and readers', () => isWriting(descendantsOf(run.pid)));
  run.signal('SIGTERM');
  assert.equal(await run.exited(), 143);
  if (init.name === 'eggcup') await run.untilNothingIsLeft();
  else assert.ok(isWriting(run.living()));
});

/** A command with a child in its group that prints signals, and whose end is a line of input. */
const PARENT = ['sh', '-c', 'sh "$0" & read line', PRINT_SIGNALS];

for (const mode of DUMB_INIT_MODES) {
  const isTold = mode === 'whole group';
  const title = `the group ${isTold ? 'gets TERM' : 'is left alone (eggcup: TERM)'} when the command has ended, and is killed (eggcup only): ${mode}`;
  compare('dumb-init', title, async (t, init) => {
    const run = start(t, init, PARENT, modeOf(init, mode));
    const [, printer] = await run.untilPrinted(/^ready (\d+)\n/);
    run.type('\n');
    assert.equal(await run.exited(), 0);
    if (isTold || init.name === 'eggcup') await run.untilPrinted(/^15$/m);
    if (init.name === 'eggcup') return run.untilNothingIsLeft();
    process.kill(Number(printer), 'SIGHUP');
    await run.untilPrinted(/^1$/m);
    assert.equal(run.lines.includes('15'), isTold);
  });
}

compare(
  'dumb-init',
  'the command has a session of its own (dumb-init), or the one of its init (eggcup)',
  async (t, init) => {
    const run = start(t, init, ['sh', '-c', 'echo ready; cat'], modeOf(init, 'whole group'));
    await run.untilPrinted(/ready/);
    const [command = 0] = childrenOf(run.pid);
    assert.equal(sessionOf(command), init.name === 'eggcup' ? sessionOf(run.pid) : command);
  },
);

compare('dumb-init', 'options that are not known are refused (dumb-init: 1; eggcup: 78)', async (t, init) => {
  const codes = await exitCodesOf(t, init, [{ options: ['--yolo'], command: ['true'] }]);
  assert.deepEqual(codes, [init.name === 'eggcup' ? 78 : 1]);
});

function firstCpu(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
}

function isWriting(pids: readonly number[]): boolean {
  const programs = pids.map(programOf);
  return programs.filter((it) => it === 'yes').length === 2 && programs.filter((it) => it === 'tail').length === 2;
}
