import { hasCode } from '../errors.js';
import { type ProcessEntry, isAlive } from './proc.js';

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

/** The same to those of them that live: a pid may be a stranger's by now. */
export function signalLiving(processes: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  for (const entry of processes) if (isAlive(entry)) sendSignal(entry.pid, signal);
}
