/** The same egg application, its agent and two app workers, under eggcup and under egg-cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf, pssOf, treeOf } from '../cluster/processes.mjs';

export const FIGURES = [
  { name: 'spawn to egg-ready', unit: 'ms', atMost: 0.6 },
  { name: 'processor time of all until then', unit: 'ms' },
  { name: 'Pss of the whole tree', unit: 'MB', atMost: 0.75 },
  { name: 'Pss of the master', unit: 'MB' },
  { name: 'kill -9 of an app worker to its successor listening', unit: 'ms', atMost: 0.5 },
  { name: 'processor time of the successor until then', unit: 'ms' },
  { name: 'kill -9 of the agent to its successor ready', unit: 'ms', atMost: 0.4 },
];

/** What a process needs only to start is given back by then, as far as it is, and one is on standby where there is to be one; nothing serves a request meanwhile. */
const SETTLED_MS = 5000;

export async function measureEgg({ pid, begin, eggReady, untilTold }) {
  const boot = (await eggReady()) - begin;
  const cpu = cpuMsOf(treeOf(pid));
  await sleep(SETTLED_MS);
  const [whole, master] = [pssOf(treeOf(pid)), pssOf([pid])];
  const worker = await replacementOf('app', 2);
  await sleep(SETTLED_MS);
  const agent = await replacementOf('agent', 1);
  const values = [boot, cpu, whole, master, worker.ms, worker.cpu, agent.ms];
  return Object.fromEntries(values.map((value, index) => [FIGURES[index].name, value]));

  async function replacementOf(role, count) {
    const pids = (await untilTold(role, count)).map((it) => it.pid);
    const killed = Number(process.hrtime.bigint()) / 1e6;
    process.kill(pids[0], 'SIGKILL');
    const [successor] = await untilTold(role, 1, pids);
    return { ms: successor.at - killed, cpu: successor.cpu };
  }
}
