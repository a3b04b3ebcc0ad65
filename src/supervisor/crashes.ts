import type { Child, Slot } from './model.js';
import { noteCrash } from './restart-intensity.js';
import { beginStop } from './shutdown.js';
import type { Turn } from './turn.js';

/** Counts the crash of a process that has a successor before its exit is told. */
export function replace(turn: Turn, child: Child): void {
  if (turn.state.phase.kind !== 'running' || child.replaced) return;
  turn.change(child.id, { replaced: true });
  countCrash(turn, child);
}

/** Counts the crash of a process, and returns whether it was one too many; but not the exit of one that hangs or was told to end for that. */
export function countCrash(turn: Turn, child: Child, why?: string): boolean {
  if (turn.state.phase.kind !== 'running' || child.crashCounted) return false;
  turn.change(child.id, { crashCounted: true });
  return crashed(turn, child.slot, child, child.trouble ?? why);
}

/** Returns whether this crash was one too many. `why` is what is known of it. */
export function crashed(turn: Turn, slot: Slot, child: Child | undefined, why: string | undefined): boolean {
  if (!noteCrash(turn, slot, child)) return false;
  const { restartLimit, restartWindowMs } = turn.policy;
  const last = why === undefined ? slot : `${slot}: ${why}`;
  const reason = `${restartLimit} crashes within ${restartWindowMs} ms (restart.limit); the last was ${last}`;
  beginStop(turn, { exitCode: 13, reason, unexplained: why === undefined ? slot : undefined });
  return true;
}

export function failStart(turn: Turn, slot: Slot, message: string): void {
  const exitCode = slot === 'agent' ? 10 : 11;
  beginStop(turn, { exitCode, reason: `${slot} failed while starting: ${message}`, hurried: true });
}
