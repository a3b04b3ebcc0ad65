import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { projectRoot } from '../helpers/cluster.js';
import { pidNamespace, pidOfInit } from '../helpers/namespace.js';
import { catchesSignal } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

const ENTRY = join(projectRoot, 'dist/entry.js');
/** Beyond these the command runs on any machine: Node's own start takes 20 to 60 ms. */
const OFFSETS_MS = Array.from({ length: 31 }, (_, index) => index * 3);

/** Starts a command under eggcup as PID 1; gives its pid once the kernel says that SIGTERM has a handler. */
async function startPid1(t: TestContext, wrapper: readonly string[]) {
  const [program = '', ...args] = wrapper;
  const command = ['--kill-child', process.execPath, ENTRY, 'sleep', '600'];
  const unshare = spawn(program, [...args, ...command], { stdio: 'ignore' });
  const ended = once(unshare, 'exit');
  t.after(() => unshare.kill('SIGKILL'));
  const pid = await pidOfInit(unshare.pid ?? 0);
  await until('a handler of SIGTERM', () => catchesSignal(pid, 'SIGTERM'));
  return { pid, ended };
}

test(
  'no SIGTERM is lost from the moment at which Node has a handler, as PID 1 too',
  { timeout: 300_000 },
  async (t) => {
    const wrapper = pidNamespace(t);
    if (wrapper === undefined) return;
    for (const offset of OFFSETS_MS) {
      const { pid, ended } = await startPid1(t, wrapper);
      await new Promise((resolve) => setTimeout(resolve, offset));
      process.kill(pid, 'SIGTERM');
      // The command dies of it (143), or of SIGTERM before it was even started. unshare passes the code on.
      const [code] = (await ended) as [number | null];
      assert.equal(code, 143, `SIGTERM ${offset} ms after the handler`);
    }
  },
);
