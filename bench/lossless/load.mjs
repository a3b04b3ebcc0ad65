import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atExit } from '../cluster/at-exit.mjs';

export const GENERATOR = 'autocannon@9.0.0';

/** Far from what a core can do: what waits in queues would hide what is lost. */
const KINDS = [
  { isKept: true, connections: 32, pauseMs: 30 },
  { isKept: false, connections: 12, pauseMs: 30 },
];

/** Asks the server on this port, again and again, for as long as `use` lasts. @param {string} folder where autocannon was installed */
export async function underLoad(folder, port, use) {
  const program = fileURLToPath(new URL('fixtures/generator.cjs', import.meta.url));
  const child = fork(program, [join(folder, 'node_modules/autocannon')]);
  const kill = atExit(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  child.send({ start: { url: `http://127.0.0.1:${port}/`, kinds: KINDS } });
  try {
    return await use({ settle });
  } finally {
    child.disconnect();
    await exited;
    kill();
  }

  /** Waits for what is under way now, and gives all counts since the start. */
  async function settle({ isLast = false } = {}) {
    if (isLast) child.send({ stop: true });
    child.send({ settle: true });
    const ended = exited.then(() => Promise.reject(new Error('the load generator has ended')));
    const [counts] = await Promise.race([once(child, 'message'), ended]);
    return counts;
  }
}
