import type { Promised } from './invariants.js';
import type { Observation } from './observation.js';
import { isRunning } from './planned.js';
import { type Moment, isAtWork, lasting, moments, patience, stopHeardBy } from './timeline.js';

/** Design 3: a beat at most every 2 s. */
const BEAT_MS = 2000;

/** What health.dir says is true. */
export const FILE_PROMISES: Readonly<Record<string, Promised>> = {
  'ready comes with started, and started only after egg-ready': (seen) => {
    const all = moments(seen);
    const isEarly = lasting(all, 0, ({ ready, started }) => ready && !started);
    if (isEarly !== undefined && !hasStarted(all)) return `ready without started ${isEarly}`;
    if (all.some(({ started }) => started) && !wasLogged(seen, 'cluster.ready')) return 'started without cluster.ready';
    return undefined;
  },

  'started is there from egg-ready to the end': (seen) => {
    let wasThere = false;
    const away = moments(seen).find((moment) => {
      wasThere ||= moment.started;
      return wasThere && !moment.started && moment.toEndMs > 2500;
    });
    return away === undefined ? undefined : `it was away at ${Math.round(away.at)} ms`;
  },

  'ready is there no longer than minReady app workers live that have been ready': (seen, { minReady }) => {
    const everReady = new Set(seen.log.filter(({ event }) => event === 'child.ready').map((line) => line['pid']));
    const found = lasting(moments(seen), patience(seen), (moment) => {
      const living = moment.processes.filter(
        ({ pid, kind, state }) => kind === 'app' && state !== 'Z' && everReady.has(pid),
      );
      return moment.ready && living.length < minReadyIn(moment, minReady) && isAtWork(moment);
    });
    return found === undefined ? undefined : `${found} fewer than ${minReady}, or than there are to be, lived`;
  },

  'ready is there soon when status.json says that enough app workers listen': (seen, { minReady }) => {
    const found = lasting(moments(seen), patience(seen), (moment) => {
      const { status } = moment;
      if (typeof status === 'string' || !isRunning(moment) || !isAtWork(moment)) return false;
      const listening = status.children.filter(({ slot, state }) => slot !== 'agent' && state === 'ready').length;
      return listening >= minReadyIn(moment, minReady) !== moment.ready && !isScarce(seen, moment);
    });
    return found === undefined ? undefined : `${found} it was not as status.json says`;
  },

  'ready goes when a stop is asked for': (seen) => {
    const by = stopHeardBy(seen);
    const late = moments(seen).find(({ at, ready, awakeMs }) => ready && at > by && awakeMs > 1500);
    return late === undefined
      ? undefined
      : `it was there at ${Math.round(late.at)} ms, asked and awake since ${Math.round(by)} ms`;
  },

  'live is fresh unless the master is stopped or the Manager check failed': (seen) => {
    if (seen.end?.code === 1) return undefined;
    let wasThere = false;
    const found = lasting(moments(seen), patience(seen), (moment) => {
      wasThere ||= moment.liveAgeMs !== undefined;
      const isFresh = moment.liveAgeMs !== undefined && moment.liveAgeMs < BEAT_MS;
      return wasThere && !isFresh && isAtWork(moment);
    });
    return found === undefined ? undefined : `it was stale or away ${found}`;
  },

  'status.json always parses, and its phase only goes on': (seen) => {
    // A roll begins and ends while it runs.
    const order = ['starting', 'running', 'stopping'];
    let last = 0;
    for (const { at, status } of seen.samples) {
      if (status === 'broken') return `it did not parse at ${Math.round(at)} ms`;
      if (status === 'absent') continue;
      const now = order.indexOf(status.phase === 'reloading' ? 'running' : status.phase);
      if (now < last) return `${status.phase} at ${Math.round(at)} ms after ${order[last]}`;
      last = now;
    }
    return undefined;
  },
};

/** Of fewer app workers than `health.minReady` all have to listen; those that are new count once they have. */
function minReadyIn({ status }: Moment, minReady: number): number {
  return typeof status === 'string' ? minReady : Math.max(1, Math.min(minReady, status.minReady));
}

function hasStarted(all: readonly Moment[]): boolean {
  return all.some(({ started }) => started);
}

function wasLogged(seen: Observation, event: string): boolean {
  return seen.log.some((line) => line.event === event);
}

/** Or was a moment ago: what could not be written is written at the next beat. */
export function isScarce({ scarcity }: Observation, { at }: Moment): boolean {
  const last = scarcity.findLast((change) => change.at <= at);
  return last !== undefined && (last.isScarce || at - last.at < BEAT_MS);
}
