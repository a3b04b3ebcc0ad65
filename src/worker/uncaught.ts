import { describeError, failStart, logToMaster, printError } from './channel.js';
import { leaveCluster } from './end.js';
import { exitWhenOrphaned } from './orphan.js';
import type { Servers } from './servers.js';

/**
 * After an uncaught exception nothing can be relied on, but others' requests are still open: the servers stop
 * accepting, the master forks a successor at once (it sees the channel close), open requests finish within
 * `drainMs`, then exit 1. What `graceful` does in egg. A script with its own listener decides by itself.
 */
export function catchUncaught(servers: Servers, drainMs: number, hasStarted: () => boolean): void {
  let leaving = false;
  process.on('uncaughtException', (error: unknown) => {
    if (process.listenerCount('uncaughtException') > 1) return;
    if (!hasStarted() && !leaving) {
      void failStart(error);
      return;
    }
    const { stack } = describeError(error);
    void printError(stack);
    logToMaster('worker.uncaught', 'error', stack);
    if (leaving) return;
    leaving = true;
    setTimeout(() => process.exit(1), drainMs).unref();
    exitWhenOrphaned();
    void leave(servers);
  });
}

async function leave(servers: Servers): Promise<void> {
  const drained = servers.drain();
  await leaveCluster();
  await drained;
  process.exit(1);
}
