/** What a terminal needs: the anchors' own cases and job control, each with eggcup and with the anchor. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  type Anchor,
  compare,
  EGGCUP,
  type Init,
  type InitRun,
  isInstalled,
  PRINT_SIGNALS,
  start,
} from '../helpers/inits.js';
import { isInForeground, parentOf, programOf, stateOf } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

const ANCHORS: readonly Anchor[] = ['tini', 'dumb-init'];
const END_OF_FILE = '\u0004';
const CONTROL_C = '\u0003';
const CONTROL_Z = '\u001a';

for (const anchor of ANCHORS) {
  compare(anchor, `a filter reads from the terminal and writes to it (case of ${anchor})`, async (t, init) => {
    const run = startOnTerminal(t, init, 'tac');
    if (run === undefined) return;
    await until('tac to run', () => run.living().some((pid) => programOf(pid) === 'tac'));
    run.type(`1\n2\n3\n${END_OF_FILE}`);
    await run.untilPrinted(/3\r?\n2\r?\n1\r?\n/);
    assert.equal(await run.ended(), 0);
    await run.untilNothingIsLeft();
  });

  compare(anchor, `a shell has job control (case of ${anchor})`, async (t, init) => {
    if (!isInstalled('bash')) return t.skip('bash is not installed: apt-get install bash');
    const run = startOnTerminal(t, init, 'bash --norc --noprofile -i');
    if (run === undefined) return;
    run.type('echo "flags: [[$-]]"\n');
    const [, flags] = await run.untilPrinted(/flags: \[\[([a-zA-Z]+)\]\]/);
    assert.match(flags ?? '', /m/);
    run.type('sleep 1000\n');
    const job = await until('the job to run', () => run.living().find((pid) => programOf(pid) === 'sleep'));
    await until('the job to be in the foreground', () => isInForeground(job));
    run.type(CONTROL_Z);
    await until('the job to be stopped', () => stateOf(job) === 'T');
    run.type('fg\n');
    await until('the job to go on', () => stateOf(job) === 'S' && isInForeground(job));
    run.type(CONTROL_C);
    await until('the job to end', () => stateOf(job) === '');
    run.type('exit 7\n');
    assert.equal(await run.ended(), 7);
    await run.untilNothingIsLeft();
  });

  compare(anchor, `Ctrl-C comes once (case of ${anchor})`, async (t, init) => {
    const run = startOnTerminal(t, init, `sh ${PRINT_SIGNALS}`);
    if (run === undefined) return;
    const [, printer] = await run.untilPrinted(/ready (\d+)/);
    run.type(CONTROL_C);
    await run.untilPrinted(/^(\^C)?2\r?$/m);
    // What might follow the first has been read by the init when it has forwarded this.
    process.kill(parentOf(Number(printer)), 'SIGTERM');
    await run.untilPrinted(/^15\r?$/m);
    assert.equal(run.output.match(/^(\^C)?2\r?$/gm)?.length, 1);
  });
}

test('Ctrl-Z stops the command and eggcup, so that the shell goes on, and fg resumes both', async (t) => {
  const run = startShell(t);
  if (run === undefined) return;
  run.type(`${EGGCUP.command.join(' ')} -- sleep 1000\n`);
  const command = await until('the command to run', () => run.living().find((pid) => programOf(pid) === 'sleep'));
  const init = parentOf(command);
  await until('the command to be in the foreground', () => isInForeground(command));
  run.type(CONTROL_Z);
  await until('both to be stopped', () => stateOf(command) === 'T' && stateOf(init) === 'T');
  run.type('echo shell $((20 + 3))\n');
  await run.untilPrinted(/shell 23/);
  run.type('fg\n');
  await until('both to go on', () => stateOf(command) === 'S' && stateOf(init) !== 'T' && isInForeground(command));
  run.type(CONTROL_C);
  await until('the command to end', () => stateOf(init) === '');
  run.type('exit $?\n');
  assert.equal(await run.ended(), 130);
  await run.untilNothingIsLeft();
});

test('in the background eggcup leaves the terminal to the shell', async (t) => {
  const run = startShell(t);
  if (run === undefined) return;
  run.type(`${EGGCUP.command.join(' ')} -- sleep 1000 &\n`);
  await until('the command to run', () => run.living().some((pid) => programOf(pid) === 'sleep'));
  run.type('echo shell $((20 + 3))\n');
  await run.untilPrinted(/shell 23/);
  run.type('kill %1; wait %1; exit $?\n');
  assert.equal(await run.ended(), 143);
  await run.untilNothingIsLeft();
});

function startShell(t: TestContext): InitRun | undefined {
  if (isInstalled('bash')) return startOnTerminal(t, { ...EGGCUP, command: [] }, 'bash --norc --noprofile -i');
  t.skip('bash is not installed: apt-get install bash');
  return undefined;
}

/** By util-linux' script(1), which hands its input to the terminal. `undefined` after saying why there can be none. */
function startOnTerminal(t: TestContext, init: Init, command: string): InitRun | undefined {
  if (!isInstalled('script')) {
    t.skip('script is not installed: apt-get install bsdutils');
    return undefined;
  }
  const line = ['exec', ...init.command, ...(init.command.length === 0 ? [] : ['--']), command].join(' ');
  return start(
    t,
    { ...init, command: ['script', '--quiet', '--return', '--flush', '--command', line, '/dev/null'] },
    [],
    {
      env: { TINI_SUBREAPER: '', SHELL: '/bin/sh' },
    },
  );
}
