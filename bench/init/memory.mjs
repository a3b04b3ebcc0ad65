import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { whileRunning } from './running.mjs';

/** Node frees what its start has needed soon after it. */
const SETTLED_MS = 100;

/** Resident, proportional and private memory of the init itself while its command runs, in KB. */
export function memory({ program }) {
  return whileRunning(program(['sh', '-c', 'echo ready; exec sleep 30']), async (init, nextLine) => {
    await nextLine();
    await sleep(SETTLED_MS);
    const rollup = readFileSync(`/proc/${init.pid}/smaps_rollup`, 'latin1');
    const kilobytes = (field) => Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(rollup)?.[1]);
    return [kilobytes('Rss'), kilobytes('Pss'), kilobytes('Private_Clean') + kilobytes('Private_Dirty')];
  });
}
