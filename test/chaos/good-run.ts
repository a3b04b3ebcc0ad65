/** What is seen of a run in which all is well, to be changed in one thing. */
import type { StatusFile } from '../helpers/cluster.js';
import { drawSchedule } from './draw.js';
import type { Delivery, Observation, Sample, SeenProcess } from './observation.js';
import type { Setup } from './schedule.js';

const STEP_MS = 50;
const READY_MS = 500;
export const STOP_MS = 8000;
export const END_MS = 8400;

export const setup: Setup = {
  ...drawSchedule(1, 1).setup,
  standby: 0,
  role: 'child',
  program: 'script',
  workers: 1,
  minReady: 1,
  agent: 'none',
  failures: 3,
  restartLimit: 2,
  startupMs: 10_000,
  delayMs: 0,
  appBehaviour: { startMs: 0, throwsAt: [], flood: false, stubborn: false, family: false },
  agentBehaviour: { startMs: 0, throwsAt: [], flood: false, stubborn: false },
};
export const worker: SeenProcess = { pid: 13, kind: 'app', isChild: true, state: 'S', startedAt: 100, version: '0' };

export function good(): Observation {
  const samples = Array.from({ length: END_MS / STEP_MS }, (_, index): Sample => {
    const at = index * STEP_MS;
    const isUp = at >= READY_MS;
    return {
      at,
      masterState: 'S',
      ready: isUp && at <= STOP_MS,
      started: isUp,
      liveAgeMs: isUp ? at % 1000 : undefined,
      status: status(at > STOP_MS ? 'stopping' : isUp ? 'running' : 'starting', [13]),
      processes: [worker],
    };
  });
  return {
    samples,
    deliveries: [toMaster('SIGTERM', STOP_MS)],
    probes: [1000, 2000, 3000, 4000, 5000].map((at) => ({
      at,
      answer: { code: 200, body: '{"phase":"running","children":[]}' },
    })),
    scarcity: [],
    end: { at: END_MS, code: 0 },
    settled: 'yes',
    termination: '',
    log: [...logOf('child.ready', 'cluster.ready'), line('stop.begun', { exitCode: 0 })],
    files: [],
    traffic: { answered: 100, lost: [] },
    output: '',
    leftFiles: [],
    leftProcesses: [],
  };
}

export function changed(which: (sample: Sample) => boolean, change: Partial<Sample>): Observation {
  const { samples, ...others } = good();
  return { ...others, samples: samples.map((sample) => (which(sample) ? Object.assign(sample, change) : sample)) };
}

export function endedWith(code: number, reason: string): Observation {
  return {
    ...good(),
    end: { at: END_MS, code },
    termination: `eggcup exits with code ${code}: ${reason}`,
    log: logOf('child.ready', 'cluster.ready'),
  };
}

export function between(from: number, to: number): (sample: Sample) => boolean {
  return ({ at }) => at >= from && at <= to;
}

export function logOf(...events: readonly string[]): Observation['log'] {
  return events.map((event) => line(event, { slot: 'app-0', pid: 13 }));
}

export function childOf(pid: number): StatusFile['children'][number] {
  return { slot: 'app-0', pid, state: 'ready', restarts: 0 };
}

export function line(event: string, fields: Readonly<Record<string, unknown>> = {}): Observation['log'][number] {
  return { level: 'info', event, at: 4000, ...fields };
}

export function toMaster(signal: NodeJS.Signals, at: number): Delivery {
  return { at, to: 'master', pid: 0, kind: 'master', signal, isHeard: true };
}

export function status(phase: string, pids: readonly number[]): StatusFile {
  const children = pids.map((pid, index) => ({ slot: `app-${index}`, pid, state: 'ready', restarts: 0 }));
  const plan = { workers: 1, heapMiB: null, reasons: [] };
  const own = { phase, pid: 2, updatedAt: new Date(0).toISOString(), address: null };
  return { ...own, plan, container: {}, children, standbys: [], restartsInWindow: 0, minReady: 1, zombies: 0 };
}
