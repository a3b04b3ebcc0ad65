/** Who serves, as the processes themselves have told and the kernel knows. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const POLL_MS = 5;

export function workersOf({ told, factsFile, failure }) {
  const alive = (fact) => told(fact).flatMap(({ pid }) => (isAlive(pid) ? [pid] : []));
  return {
    /** The oldest first. */
    listening: () => alive('app'),
    agents: () => alive('agent'),

    async until(what, isSo) {
      const deadline = performance.now() + LIMIT_MS;
      while (!isSo()) {
        if (performance.now() > deadline) throw failure(`has not come to this: ${what}`);
        await sleep(POLL_MS);
      }
    },

    /** What a worker had in its hands when it last could say so. A connection has one request under way at most. */
    heldBy(pid) {
      const [connections, requests] = new Int32Array(new Uint8Array(readFileSync(`${factsFile}.${pid}`)).buffer);
      return { connections, requests };
    },
  };
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}
