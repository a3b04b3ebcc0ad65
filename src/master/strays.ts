import { INSTANCE_VARIABLE } from '../ipc/environment.js';
import type { Log } from '../log.js';
import { canLook, descendantsOf, isAlive, isDead, processesWith, scanProcesses } from '../process/proc.js';
import { sendSignal } from '../process/signal.js';
import { monotonicMs } from '../monotonic.js';

/** What outlived the cluster gets so long to end by itself. */
const GRACE_MS = 1000;
const POLL_MS = 20;
/** A few rounds: what is killed may have forked meanwhile. */
const ROUNDS = 5;

/**
 * Ends what outlived the cluster: SIGTERM, a second for it, SIGKILL. What workers have started is below this process,
 * which has adopted it when a worker died. As PID 1 the kernel kills what is left at the exit.
 */
export async function endStrays(instance: string, log: Log): Promise<void> {
  await untilItCanLook();
  const told = findStrays(instance);
  if (told.length === 0) return;
  for (const pid of told) sendSignal(pid, 'SIGTERM');
  log.info('child.orphan-told', { pids: told });
  const deadline = monotonicMs() + GRACE_MS;
  while (monotonicMs() < deadline && findStrays(instance).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  killStrays(instance, log);
}

/** The children's descriptors are free on a later turn of the loop than the one that hears of their end. */
async function untilItCanLook(): Promise<void> {
  const deadline = monotonicMs() + GRACE_MS;
  while (!canLook() && monotonicMs() < deadline) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** At once: for an exit that can't wait. */
export function killStrays(instance: string, log: Log): void {
  const told = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const strays = findStrays(instance);
    if (strays.length === 0) return;
    for (const pid of strays) {
      if (!told.has(pid)) log.warn('child.orphan-killed', { pid });
      told.add(pid);
      sendSignal(pid, 'SIGKILL');
    }
  }
}

/**
 * By descent, and by the mark that every child gets in its environment: where this process could not become a
 * subreaper, orphans have left the tree.
 */
function findStrays(instance: string): readonly number[] {
  const below = descendantsOf(process.pid, scanProcesses()).filter((entry) => !isDead(entry));
  const marked = processesWith(INSTANCE_VARIABLE, instance);
  const found = new Map([...below, ...marked].map((entry) => [entry.pid, entry]));
  found.delete(process.pid);
  return [...found.values()].filter((entry) => isAlive(entry)).map(({ pid }) => pid);
}
