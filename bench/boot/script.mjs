/** The same plain node:http server, two of it, under eggcup, bare node:cluster and pm2-runtime. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf, pssOf, treeOf } from '../cluster/processes.mjs';

const START = 'spawn to both listening';
const CPU = 'processor time of all until then';
const PSS = 'Pss of the whole tree';
const MASTER = 'Pss of the master';

export const TO_BARE = [
  { name: START, unit: 'ms', isDifference: true, atMost: 60 },
  { name: CPU, unit: 'ms', isDifference: true },
  { name: PSS, unit: 'MB', isDifference: true, atMost: 12 },
  { name: MASTER, unit: 'MB', isDifference: true },
];
export const TO_PM2 = [
  { name: START, unit: 'ms' },
  { name: CPU, unit: 'ms' },
  { name: PSS, unit: 'MB' },
  { name: MASTER, unit: 'MB' },
];

const SETTLED_MS = 2000;

export async function measureScript({ pid, begin, untilTold }) {
  const listening = await untilTold('app', 2);
  const start = Math.max(...listening.map(({ at }) => at)) - begin;
  const cpu = cpuMsOf(treeOf(pid));
  await sleep(SETTLED_MS);
  return { [START]: start, [CPU]: cpu, [PSS]: pssOf(treeOf(pid)), [MASTER]: pssOf([pid]) };
}
