import { hasCode } from '../errors.js';

/**
 * Sends a signal. A process that has gone meanwhile (ESRCH) needs none; one that has become another user's (EPERM)
 * can't be reached: it is told as `child.unkillable` when its time is over.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
  }
}
