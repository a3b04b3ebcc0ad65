import type { StatusFile } from '../helpers/cluster.js';
import { isChange } from './change.js';
import { type Observation, type Sample, askedAt } from './observation.js';
import type { Setup } from './schedule.js';

/** Whether nothing was done but planned changes and a stop, to a cluster of well-behaved programs. */
export function isUndisturbed({ deliveries, scarcity }: Observation, setup: Setup): boolean {
  const isPlanned = deliveries.every(
    ({ kind, signal }) => kind === 'master' && (isChange(signal) || ['SIGTERM', 'SIGINT', 'SIGQUIT'].includes(signal)),
  );
  const isWell = [setup.appBehaviour, setup.agentBehaviour].every(
    ({ throwsAt, flood, stubborn }) => throwsAt.length === 0 && !flood && !stubborn,
  );
  return isPlanned && isWell && scarcity.length === 0;
}

/** How many app workers there are to be at a time, by the log. */
export function wantedAt({ log }: Observation, { workers }: Setup, at: number): number {
  const last = log.findLast((line) => line.event === 'scale.begun' && line.at <= at);
  return last === undefined ? workers : Number(last['to']);
}

/** The fewest that there were to be between two times; for a moment only, perhaps. */
export function fewestWanted(seen: Observation, setup: Setup, from: number, to: number): number {
  const meanwhile = seen.log.filter(({ event, at }) => event === 'scale.begun' && at > from && at <= to);
  return Math.min(wantedAt(seen, setup, from), ...meanwhile.map((line) => Number(line['to'])));
}

/** The last look before the stop, where all was waited for to be ready. */
export function lastSettled(seen: Observation): Sample | undefined {
  const asked = askedAt(seen);
  if (seen.settled !== 'yes' || asked === undefined) return undefined;
  const last = seen.samples.findLast(({ at }) => at < asked);
  return last === undefined || !isSettled(last) ? undefined : last;
}

/** Everything is ready, and nothing is being replaced. */
export function isSettled({ ready, status }: Sample): boolean {
  if (typeof status === 'string') return false;
  return ready && status.phase === 'running' && status.children.every(({ state }) => state === 'ready');
}

export function isRunning({ status }: Pick<Sample, 'status'>): boolean {
  return typeof status !== 'string' && (status.phase === 'running' || status.phase === 'reloading');
}

export function appsIn({ status }: Sample): StatusFile['children'] {
  return typeof status === 'string' ? [] : status.children.filter(({ slot }) => slot !== 'agent');
}
