import type { Child, Policy, Slot, SlotRecord } from './model.js';
import type { Turn } from './turn.js';

/** Notes a crash in the window and in its slot's streak. Returns whether the limit is reached now. */
export function noteCrash(turn: Turn, slot: Slot, child: Child | undefined): boolean {
  const { policy, at } = turn;
  const crashes = [...turn.state.crashes.filter((time) => at - time <= policy.restartWindowMs), at];
  turn.state = { ...turn.state, crashes };
  turn.record(slot, afterCrash(turn.slot(slot), steadyMs(child, at), policy));
  // As in cfork: the crash that completes the limit within the window is not answered by a fork.
  return crashes.length >= policy.restartLimit;
}

/** How long ago the process became of use. Not its state: a closed channel is told before most exits. */
function steadyMs(child: Child | undefined, at: number): number {
  return child?.readyAt === undefined ? 0 : at - child.readyAt;
}

/**
 * No wait after the first crash, then doubling. A streak ends when a process has been of use for
 * longer than the slot last waited: a worker that dies two seconds after each start waits longer and longer.
 */
export function afterCrash(
  record: SlotRecord,
  steady: number,
  policy: Pick<Policy, 'backoffInitialMs' | 'backoffMaxMs'>,
): Pick<SlotRecord, 'streak' | 'backoffMs'> {
  const recovered = steady > 0 && steady >= Math.max(record.backoffMs, policy.backoffInitialMs);
  const before = recovered ? 0 : record.streak;
  // 2 ** 1024 is Infinity, and no wait at all times Infinity is not a number.
  const doubled = policy.backoffInitialMs * 2 ** Math.min(before - 1, 1023);
  const backoffMs = before === 0 ? 0 : Math.min(policy.backoffMaxMs, doubled);
  return { streak: before + 1, backoffMs };
}
