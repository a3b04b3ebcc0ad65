import { hasCode } from '../errors.js';
import { childrenOfThisThread, descendantsOf, isDead, type ProcessEntry, scanProcesses } from '../process/proc.js';
import { sendSignal } from '../process/signal.js';
import { monotonicMs } from '../monotonic.js';

/** What is left gets so long to end by itself. */
const GRACE_MS = 1000;
const POLL_MS = 10;

/**
 * Ends everything that is left when the main child is gone: SIGTERM, a second for it, SIGKILL. As PID 1 that is every other
 * process; elsewhere what is below this process (with what a subreaper has adopted) and in the `group` of the main child.
 */
export async function endRemaining(group: number): Promise<void> {
  if (!signalRemaining(group, 'SIGTERM')) return;
  if (await untilGone(group)) return;
  killRemaining(group);
  await untilGone(group); // Not for ever: what sleeps in the kernel ends later.
}

export function killRemaining(group: number): void {
  signalRemaining(group, 'SIGKILL');
}

/** Resolves to whether nothing is left, at the latest after the grace. */
async function untilGone(group: number): Promise<boolean> {
  for (const deadline = monotonicMs() + GRACE_MS; monotonicMs() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (!signalRemaining(group, 0)) return true;
  }
  return false;
}

/** Returns whether anything was there to send it to; 0 sends nothing. */
function signalRemaining(group: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  if (process.pid === 1) return signalAll(signal);
  const found = remaining(group);
  if (signal !== 0) for (const { pid } of found) sendSignal(pid, signal);
  return found.length > 0;
}

/** kill(2) with -1: everything but PID 1 itself; ESRCH when nothing is left. */
function signalAll(signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-1, signal);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    // Somebody else's processes, and only theirs.
    if (!hasCode(error, 'EPERM')) throw error;
  }
  return true;
}

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    if (hasCode(error, 'EPERM')) return true;
    throw error;
  }
}

function remaining(group: number): readonly ProcessEntry[] {
  // The usual case, without a look at every process of the machine.
  if (childrenOfThisThread()?.length === 0 && !groupExists(group)) return [];
  const table = scanProcesses();
  const below = descendantsOf(process.pid, table);
  const inGroup = [...table.values()].filter((entry) => entry.group === group && !below.includes(entry));
  return [...below, ...inGroup].filter((entry) => !isDead(entry));
}
