import type { Sample } from './observation.js';

/** Pids, as the master knows them, of those that are to take over from another process of their slot, by status.json. */
export function successorsIn({ status }: Sample): ReadonlySet<number> {
  return secondsIn(status, (state) => state === 'gate' || state === 'starting');
}

/** Of those that end while their slot has another process. */
export function predecessorsIn({ status }: Sample): ReadonlySet<number> {
  return secondsIn(status, (state) => state === 'stopping');
}

/** Each slot's own process comes first, then those that are there besides (view.ts). */
function secondsIn(status: Sample['status'], fits: (state: string) => boolean): ReadonlySet<number> {
  const slots = new Set<string>();
  const found = new Set<number>();
  for (const { slot, pid, state } of typeof status === 'string' ? [] : status.children) {
    if (slots.has(slot) && pid !== null && fits(state)) found.add(pid);
    slots.add(slot);
  }
  return found;
}
