import { isChange } from './change.js';
import type { Promised } from './invariants.js';
import { type Observation, type Sample, askedAt } from './observation.js';
import type { Setup } from './schedule.js';
import { appsIn, fewestWanted, isRunning, isUndisturbed, lastSettled, wantedAt } from './planned.js';
import { longestGap } from './timeline.js';

/** A status.json is written a moment after what it tells of was logged, and seen when the next look comes. */
const LOOK_MS = 200;

/** What planned changes do, and what they leave alone (design 5, docs/reload.md). */
export const CHANGE_PROMISES: Readonly<Record<string, Promised>> = {
  'changes alone lose no request': (seen, setup) => {
    if (!isUndisturbed(seen, setup)) return undefined;
    const from = seen.samples.find(({ ready }) => ready)?.at ?? Number.POSITIVE_INFINITY;
    const to = askedAt(seen) ?? Number.POSITIVE_INFINITY;
    const lost = seen.traffic.lost.find(({ sentAt, at }) => sentAt > from && at < to);
    return lost === undefined
      ? undefined
      : `${lost.path}, sent at ${Math.round(lost.sentAt)} ms, was lost at ${Math.round(lost.at)} ms: ${lost.why}`;
  },

  'changes alone leave as many listening as before or after them': (seen, setup) => {
    if (!isUndisturbed(seen, setup)) return undefined;
    let floor = 0;
    const slack = LOOK_MS + longestGap(seen);
    for (const sample of seen.samples) {
      if (!isRunning(sample) || sample.at > (askedAt(seen) ?? Number.POSITIVE_INFINITY)) continue;
      const count = appsIn(sample).filter(({ state }) => state === 'ready').length;
      const wanted = fewestWanted(seen, setup, sample.at - slack, sample.at + slack);
      floor = Math.min(floor, wanted);
      if (count < floor) return `${count} of ${floor} listened at ${Math.round(sample.at)} ms`;
      floor = Math.max(floor, Math.min(count, wanted));
    }
    return undefined;
  },

  'status.json shows one process for a slot, and one more only while it is to take over': (seen) => {
    for (const sample of seen.samples) {
      const slots = sample.status;
      if (typeof slots === 'string') continue;
      const many = slots.children.find(({ slot }) => present(sample, slot) > (slot === 'agent' ? 1 : 2));
      if (many !== undefined) return `${many.slot} had ${present(sample, many.slot)} at ${Math.round(sample.at)} ms`;
      const idle = slots.phase === 'running' || slots.phase === 'starting';
      const two = slots.children.find(({ slot }) => idle && present(sample, slot) > 1);
      if (two !== undefined) return `${two.slot} had two while ${slots.phase}, at ${Math.round(sample.at)} ms`;
    }
    return undefined;
  },

  'each change that is asked for is answered': (seen) => {
    const settled = lastSettled(seen);
    if (settled === undefined) return undefined;
    for (const { at, signal, kind, isHeard } of seen.deliveries) {
      const isLate = settled.at - at < LOOK_MS + 3 * longestGap(seen);
      if (kind !== 'master' || !isHeard || isLate || !isChange(signal)) continue;
      const answers = ANSWERS[signal];
      // One may be answered with another: two that wait are heard as one, two rolls that wait are done as one.
      if (!seen.log.some((line) => line.at > at - LOOK_MS && answers.includes(line.event)))
        return `${signal} at ${Math.round(at)} ms was not`;
    }
    return undefined;
  },

  'the number of app workers is changed as it is asked for': (seen, setup) => {
    let wanted = setup.workers;
    for (const { at, event, reason, from, to } of seen.log) {
      if (event !== 'scale.begun') continue;
      const expected = reason === 'SIGTTIN received' ? wanted + 1 : Math.max(1, wanted - 1);
      if (from !== wanted || (to !== expected && reason !== 'SIGHUP received'))
        return `at ${Math.round(at)} ms from ${String(from)} to ${String(to)} by ${String(reason)}, when there were to be ${wanted}`;
      wanted = Number(to);
    }
    return undefined;
  },

  'in the end there are as many app workers as were asked for': (seen, setup) => {
    const settled = lastSettled(seen);
    if (settled === undefined) return undefined;
    const wanted = wantedAt(seen, setup, settled.at);
    const isChanging = wanted !== wantedAt(seen, setup, settled.at - LOOK_MS - longestGap(seen));
    const shown = appsIn(settled).length;
    const there = settled.processes.filter(
      ({ kind, isChild, state }) => kind === 'app' && isChild && state !== 'Z',
    ).length;
    // Who waits looks the same from outside.
    const isEnough = there >= wanted && there <= wanted + setup.standby;
    return isChanging || (shown === wanted && isEnough)
      ? undefined
      : `${wanted} were; status.json shows ${shown}, and ${there} are there`;
  },

  'no more processes wait for a place than may': (seen, setup) => {
    for (const { at, status } of seen.samples) {
      const waiting = typeof status === 'string' ? [] : status.standbys.filter(({ state }) => state === 'waiting');
      if (waiting.length > setup.standby) return `${waiting.length} did at ${Math.round(at)} ms`;
    }
    return undefined;
  },

  'in the end all processes run what was last asked for': (seen, setup) => {
    const settled = lastSettled(seen);
    if (settled === undefined) return undefined;
    const own = settled.processes.filter(({ kind, isChild }) => kind !== 'other' && isChild);
    const expected = expectedVersion(seen, setup, settled);
    const wrong = own.find(
      ({ kind, version }) => version === `failing-${kind}` || (expected !== undefined && version !== expected),
    );
    return wrong === undefined
      ? undefined
      : `${wrong.kind} (pid ${wrong.pid}) runs ${wrong.version}${expected === undefined ? '' : `, not ${expected}`}`;
  },
};

/** What the log says when a change is heard. */
const ANSWERS = {
  SIGHUP: ['reload.begun', 'reload.refused'],
  SIGUSR2: ['reload.begun'],
  SIGTTIN: ['scale.begun'],
  SIGTTOU: ['scale.begun', 'scale.refused'],
};

/** How many of a slot's processes are not on their way out. */
function present({ status }: Sample, wanted: string): number {
  if (typeof status === 'string') return 0;
  return status.children.filter(({ slot, state }) => slot === wanted && state !== 'stopping' && state !== 'down')
    .length;
}

/** `undefined` where the last config may not have been the last word: it was wrong, or something was in its way. */
function expectedVersion(seen: Observation, setup: Setup, settled: Sample): string | undefined {
  if (!isUndisturbed(seen, setup)) return undefined;
  const last = seen.files.findLast(({ at }) => at < settled.at - LOOK_MS);
  if (last === undefined) return '0';
  const isGivenUp = seen.log.some(({ event, at }) => event === 'reload.aborted' && at > last.at);
  return last.file.flaw === 'none' && !isGivenUp ? String(last.file.version) : undefined;
}
