import cluster from 'node:cluster';
import { graceful } from 'graceful-process';
import { gracefulLogger } from './channel.js';
import { hasMaster } from './orphan.js';

/** Nothing is left 2 s after a master that was killed: an agent's own clean-up gets half of that. */
const ORPHAN_MS = 1000;
/** The master answers in a moment, or not at all. */
const GOOD_BYE_MS = 1000;
/** No bound of ours: the master escalates when the time that the config gives is over. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * How this process ends (graceful-process): on SIGTERM `cleanUp`, then exit 0; without a master the same within a
 * second, then exit 110 (agent; an app worker is ended by Node's cluster module at once).
 */
export function endGracefully(label: 'agent_worker' | 'app_worker', cleanUp: () => Promise<void>): void {
  graceful({
    label,
    logger: gracefulLogger,
    sigterm: 'always',
    timeout: NO_TIMEOUT_MS,
    beforeExit: async () => {
      if (hasMaster()) await cleanUp();
      else await Promise.race([cleanUp(), new Promise((resolve) => setTimeout(resolve, ORPHAN_MS))]);
      await leaveCluster();
    },
  });
}

/**
 * Says good-bye to the master and waits for its answer: until then it may hand over connections, which go back to it
 * and so to another worker. Without it about one client in twenty restarts hangs.
 */
export function leaveCluster(): Promise<void> {
  const { worker } = cluster;
  if (worker === undefined || !worker.isConnected()) return Promise.resolve();
  return new Promise((resolve) => {
    process.once('disconnect', () => resolve());
    // Node forgets the event when the channel closes in the middle of a big message.
    setTimeout(resolve, GOOD_BYE_MS);
    worker.disconnect();
  });
}
