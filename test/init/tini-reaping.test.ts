/** What tini's suite asks of reaping, and what follows the end of the command; each with eggcup and with tini. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { compare, type InitRun, isInstalled, start, type StartOptions } from '../helpers/inits.js';
import { childrenOf, programOf } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

const ORPHANS = 60;
/** Leaves children to whoever adopts them, which end at different times; lives until its input ends. */
const ABANDON = `
  i=0
  while [ $i -lt ${ORPHANS} ]; do (sleep 0.$((i % 9 + 1)) &); i=$((i + 1)); done
  echo ready
  cat`;
const NAMESPACE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const SUBREAPER =
  'import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])';

const WAYS: readonly (readonly [string, StartOptions])[] = [
  ['-s', { options: ['-s'] }],
  ['TINI_SUBREAPER, even empty,', { env: { TINI_SUBREAPER: '' } }],
  ['a subreaper before it became the init', { wrapper: ['python3', '-c', SUBREAPER] }],
  ['PID 1', { wrapper: NAMESPACE }],
];

for (const [way, options] of WAYS) {
  for (const isTold of [false, true]) {
    const title = `orphans are reaped${isTold ? ', and told with -w' : ''}: ${way}`;
    compare('tini', title, async (t, init) => {
      if (!canStart(t, options)) return;
      const flags = [...(options.options ?? []), ...(isTold ? ['-w'] : [])];
      const run = start(t, init, ['sh', '-c', ABANDON], { ...options, options: flags });
      await run.untilPrinted(/ready/);
      await until('only the command to be left', () => childrenOf(pidOfInit(run, options)).length === 1);
      run.process.stdin?.end();
      assert.equal(await run.ended(), 0);
      const told = run.errors.match(/^\[WARN .*Reaped zombie process with pid=\d+$/gm) ?? [];
      assert.equal(told.length, isTold ? ORPHANS : 0, run.errors);
      assert.doesNotMatch(run.errors, /zombie reaping won't work/);
      await run.untilNothingIsLeft();
    });
  }
}

compare('tini', 'neither PID 1 nor a subreaper: that reaping can\u2019t work is said', async (t, init) => {
  const run = start(t, init, ['true']);
  assert.equal(await run.ended(), 0);
  assert.match(run.errors, /^\[WARN [^]*-s[^]*TINI_SUBREAPER/);
  assert.match(run.errors, /zombie reaping won't work/);
});

compare('tini', 'as PID 1 it forwards TERM and tells 128+n', async (t, init) => {
  const options = { wrapper: NAMESPACE };
  if (!canStart(t, options)) return;
  const run = start(t, init, ['sh', '-c', 'echo ready; exec sleep 1000'], options);
  await run.untilPrinted(/ready/);
  process.kill(pidOfInit(run, options), 'SIGTERM');
  assert.equal(await run.ended(), 143);
  await run.untilNothingIsLeft();
});

/** A child that neither TERM nor the end of its parent ends. */
const STUBBORN = `
  sh -c 'trap "" TERM; echo ready; exec sleep 1000' &
  read line`;

compare('tini', 'what remains after the command is left alone (tini), or ended (eggcup)', async (t, init) => {
  const run = start(t, init, ['sh', '-c', STUBBORN], { options: ['-s'] });
  await until('the child to ignore TERM', () => run.living().some((pid) => programOf(pid) === 'sleep'));
  run.type('\n');
  assert.equal(await run.exited(), 0);
  if (init.name === 'eggcup') await run.untilNothingIsLeft();
  else assert.deepEqual(run.living().map(programOf), ['sleep']);
});

function canStart(t: TestContext, { wrapper = [] }: StartOptions): boolean {
  const [program = 'sh'] = wrapper;
  if (program === 'unshare' && process.getuid?.() !== 0) t.skip('needs root, to make a PID namespace');
  else if (!isInstalled(program)) t.skip(`${program} is not installed: apt-get install ${program}`);
  else return true;
  return false;
}

/** unshare stays in front of the init; the other wrapper has become it. */
function pidOfInit(run: InitRun, { wrapper }: StartOptions): number {
  return wrapper === NAMESPACE ? (childrenOf(run.pid)[0] ?? 0) : run.pid;
}
