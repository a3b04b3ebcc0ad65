import { hasCode } from '../errors.js';

/** Sends a signal; a process that has gone meanwhile (ESRCH) needs none. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
