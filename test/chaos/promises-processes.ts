import type { StatusFile } from '../helpers/cluster.js';
import type { Promised } from './invariants.js';
import { type Observation, askedAt } from './observation.js';
import { isScarce } from './promises-files.js';
import { type Moment, isAtWork, lasting, moments, patience, stopHeardBy } from './timeline.js';

/** What the master does with processes. */
export const PROCESS_PROMISES: Readonly<Record<string, Promised>> = {
  'status.json names the processes that there are': (seen) => {
    const all = moments(seen);
    const isComparable = (moment: Moment): boolean => isAtWork(moment) && !isScarce(seen, moment);
    const pids = new Set(
      all.flatMap(({ status }) => (typeof status === 'string' ? [] : shownIn(status).flatMap(({ pid }) => pid ?? []))),
    );
    for (const pid of pids) {
      const gone = lasting(
        all,
        patience(seen),
        (moment) => isComparable(moment) && names(moment, pid) && !has(moment, pid),
      );
      if (gone !== undefined) return `pid ${pid} stood there ${gone} and was not`;
    }
    const own = new Set(
      all.flatMap(({ processes }) =>
        processes.filter(({ isChild, kind }) => isChild && kind !== 'other').map(({ pid }) => pid),
      ),
    );
    for (const pid of own) {
      const unnamed = lasting(
        all,
        patience(seen),
        (moment) => isComparable(moment) && lives(moment, pid) && !names(moment, pid),
      );
      if (unnamed !== undefined) return `pid ${pid} was there ${unnamed} and did not stand there`;
    }
    return undefined;
  },

  'no zombie stays': (seen) => {
    const all = moments(seen);
    const zombies = new Set(
      all.flatMap(({ processes }) =>
        processes.filter(({ isChild, state }) => isChild && state === 'Z').map(({ pid }) => pid),
      ),
    );
    for (const zombie of zombies) {
      const found = lasting(
        all,
        patience(seen),
        (moment) =>
          moment.awakeMs > 1500 &&
          moment.processes.some(({ pid, isChild, state }) => pid === zombie && isChild && state === 'Z'),
      );
      if (found !== undefined) return `pid ${zombie} was one ${found}`;
    }
    return undefined;
  },

  'nothing is forked after a stop was asked for': (seen) => {
    const by = stopHeardBy(seen);
    for (const { processes } of seen.samples) {
      const late = processes.find(({ kind, isChild, startedAt }) => kind !== 'other' && isChild && startedAt > by);
      if (late !== undefined)
        return `${late.kind} (pid ${late.pid}) was forked at ${Math.round(late.startedAt)} ms, asked at ${Math.round(askedAt(seen) ?? 0)} ms`;
    }
    const begun = seen.log.findIndex(({ event }) => event === 'stop.begun');
    const late = begun < 0 ? [] : seen.log.slice(begun).filter(({ event }) => event === 'child.forked');
    const forked = late.find(({ slot }, index) => {
      const isFirst = late.findIndex((other) => other['slot'] === slot) === index;
      return !isFirst || !isVacant(seen.log.slice(0, begun), slot);
    });
    return forked === undefined ? undefined : `${String(forked['slot'])} (pid ${String(forked['pid'])}), by the log`;
  },

  'the cluster recovers when the faults are over': (seen) =>
    seen.settled === 'no' ? 'it was not ready again, and had not ended' : undefined,
};

/** Its process has ended, and the successor is on its way: a fork that is ordered is told when the process is there. */
function isVacant(log: Observation['log'], slot: unknown): boolean {
  const last = log.findLast((line) => line['slot'] === slot && ['child.forked', 'child.exited'].includes(line.event));
  return last?.event === 'child.exited';
}

function names({ status }: Moment, pid: number): boolean {
  return typeof status !== 'string' && shownIn(status).some((shown) => shown.pid === pid);
}

function shownIn({ children, standbys }: StatusFile): readonly { readonly pid: number | null }[] {
  return [...children, ...standbys];
}

function has({ processes }: Moment, pid: number): boolean {
  return processes.some((process) => process.pid === pid);
}

function lives({ processes }: Moment, pid: number): boolean {
  return processes.some((process) => process.pid === pid && process.state !== 'Z');
}
