import type { Log } from '../log.js';
import { INSTANCE_VARIABLE } from '../ipc/environment.js';
import { isAlive, processesWith } from '../process/proc.js';
import { sendSignal } from '../process/signal.js';

/** A few rounds: what is killed may have forked meanwhile. */
const ROUNDS = 5;

/**
 * Kills what outlived the cluster: descendants of children that crashed have left the tree, but still carry
 * this master's mark in their environment. As PID 1 the kernel does it at exit.
 */
export function killStrays(instance: string, log: Log): void {
  const told = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const strays = processesWith(INSTANCE_VARIABLE, instance).filter(
      (entry) => entry.pid !== process.pid && isAlive(entry),
    );
    if (strays.length === 0) return;
    for (const { pid } of strays) {
      if (!told.has(pid)) log.warn('child.orphan-killed', { pid });
      told.add(pid);
      sendSignal(pid, 'SIGKILL');
    }
  }
}
