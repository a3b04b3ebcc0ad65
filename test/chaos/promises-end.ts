import { constants } from 'node:os';
import type { Promised } from './invariants.js';
import { type Observation, wasAsked, wasKilled } from './observation.js';
import { AGENT_STOP_MS, APP_STOP_MS, type Setup } from './schedule.js';
import { longestGap, stopHeardBy } from './timeline.js';

/** What a stop may take beyond its own times: a kill at the end of each, and a second for what was left behind. */
const LAST_MS = 3000;
const MAX_BYTES = 4096;
/** A stack that was printed, as far as it has frames. */
const STACKS = /(?:^ +at .*\n?)+/gm;
const OUR_FRAME = /\/dist\/(?:entry\.js|master\/|worker\/|health\/)/;
const WARNING = /^\(node:\d+\) .*/m;

/** How the master ends, and what is left of it. */
export const END_PROMISES: Readonly<Record<string, Promised>> = {
  'the master ends in time': (seen, { delayMs }) => {
    if (seen.end === undefined) return 'it did not end';
    const by = stopHeardBy(seen) + delayMs + APP_STOP_MS + AGENT_STOP_MS + LAST_MS;
    return seen.end.at > by ? `at ${Math.round(seen.end.at)} ms, which is after ${Math.round(by)} ms` : undefined;
  },

  'the exit code has its reason in what was done': (seen, setup) => {
    if (seen.end === undefined || wasKilled(seen)) return undefined;
    const { code } = seen.end;
    const explains = REASONS[code] ?? ((): boolean => isFatalSignal(seen, code));
    return explains(seen, setup) ? undefined : `${code} has none; ${seen.termination.split('\n')[0]}`;
  },

  'the termination message explains the exit code': (seen, setup) => {
    const { end, termination } = seen;
    if (end === undefined) return undefined;
    // The limit is lower than some numbers that are in use: what children free at their end is no help then.
    if (termination === '' && seen.scarcity.findLast(({ at }) => at <= end.at)?.isScarce === true) return undefined;
    // A kill -9 can come between the message and the exit.
    if (wasKilled(seen) && seen.log.some(({ event }) => event === 'cluster.failed')) return undefined;
    if (end.code === 0 || wasKilled(seen)) return termination === '' ? undefined : `there is one: ${termination}`;
    if (Buffer.byteLength(termination) > MAX_BYTES) return 'it is too long';
    if (!termination.startsWith(`eggcup exits with code ${end.code}: `)) return `it is ${JSON.stringify(termination)}`;
    const words = WORDS[end.code]?.(setup) ?? /was sent to the master/;
    return words.test(termination) ? undefined : `it does not say ${words}: ${termination}`;
  },

  'the exit code is that of the first stop, and 15 when that had to kill': ({ end, log }) => {
    const begun = log.findIndex(({ event }) => event === 'stop.begun');
    if (end === undefined || end.code > 128 || begun < 0) return undefined;
    const first = Number(log[begun]?.['exitCode']);
    const hasKilled = log.slice(begun).some(({ event }) => event === 'child.killed');
    const expected = first === 0 && hasKilled ? 15 : first;
    return end.code === expected ? undefined : `${end.code}, where the log lets expect ${expected}`;
  },

  'only who may hang is killed': (seen, setup) => {
    const killed = seen.log.find(({ event }) => event === 'child.killed');
    if (killed === undefined || mayHang(seen, setup)) return undefined;
    return `${String(killed['slot'])} (pid ${String(killed['pid'])}) was, and had no reason not to end by itself`;
  },

  'eggcup itself throws nothing': ({ output }) =>
    output.match(STACKS)?.find((stack) => isOurs(stack)) ?? WARNING.exec(output)?.[0],

  'no file is left': (seen) =>
    wasKilled(seen) || seen.end === undefined || seen.leftFiles.length === 0 ? undefined : seen.leftFiles.join(', '),

  // What the programs have started themselves nobody can end after a kill -9: docs/scripts.md promises it of agent and workers.
  'no process is left': (seen) => {
    const left = seen.leftProcesses.filter(({ kind }) => kind !== 'other' || !wasKilled(seen));
    return left.length === 0 ? undefined : left.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
  },
};

/** By exit code: may what was seen end so? What is not here is not in the contract. */
const REASONS: Readonly<Record<number, (seen: Observation, setup: Setup) => boolean>> = {
  0: wasAsked,
  1: (seen, setup) => hasRun(seen) && wasHurt(seen, setup),
  10: (seen, setup) => !hasRun(seen) && wasHurt(seen, setup, 'agent'),
  11: (seen, setup) => !hasRun(seen) && wasHurt(seen, setup, 'app'),
  12: (seen, { startupMs }) => !hasRun(seen) && (seen.end?.at ?? 0) >= startupMs,
  13: (seen, setup) => hasRun(seen) && wasHurt(seen, setup),
  15: wasAsked,
};

/** By exit code: what the message has to say. */
const WORDS: Readonly<Record<number, (setup: Setup) => RegExp>> = {
  1: ({ failures }) =>
    new RegExp(`the Manager check failed ${failures} times in a row: (?:\\d agent, )?\\d app workers`),
  10: () => /agent failed while starting: \S/,
  11: () => /app-\d failed while starting: \S/,
  12: ({ startupMs }) => new RegExp(`not everything was ready within ${startupMs} ms: (?:agent|app-\\d)`),
  13: ({ restartLimit }) =>
    new RegExp(`${restartLimit} crashes within 60000 ms \\(restart.limit\\); the last was|cfork refused to fork again`),
  15: () => /SIG(?:TERM|INT|QUIT) received; .* had to be killed/,
};

function hasRun({ log }: Observation): boolean {
  return log.some(({ event }) => event === 'cluster.ready');
}

/** Whether anything was done that could end a process of this kind. */
function wasHurt({ deliveries, scarcity }: Observation, setup: Setup, kind?: 'agent' | 'app'): boolean {
  const behaviours = [
    ...(kind === 'agent' ? [] : [setup.appBehaviour]),
    ...(kind === 'app' ? [] : [setup.agentBehaviour]),
  ];
  return (
    scarcity.length > 0 ||
    behaviours.some(({ throwsAt }) => throwsAt.length > 0) ||
    deliveries.some((delivery) => delivery.kind !== 'master' && (kind === undefined || delivery.kind === kind))
  );
}

/** Nobody's but ours and Node's: a program calls `listen` through us, say, and may do it wrong. */
function isOurs(stack: string): boolean {
  const frames = stack.trimEnd().split('\n');
  const others = frames.filter((frame) => !/[( ]node:/.test(frame));
  return others.length > 0 && others.every((frame) => OUR_FRAME.test(frame) && !frame.includes('/node_modules/'));
}

/** Whether anybody may have outlived his time, or nobody had any: the third signal kills. */
function mayHang(seen: Observation, { program, appBehaviour, agentBehaviour }: Setup): boolean {
  const { deliveries, log, scarcity } = seen;
  const isStopped = deliveries.some(
    ({ kind, signal }) => kind !== 'master' && (signal === 'SIGSTOP' || signal === 'SIGURG'),
  );
  const asks = deliveries.filter(
    ({ kind, signal }) => kind === 'master' && ['SIGTERM', 'SIGINT', 'SIGQUIT'].includes(signal),
  );
  const isBusy = appBehaviour.flood || agentBehaviour.flood || longestGap(seen) > 300;
  const isStubborn = appBehaviour.stubborn || agentBehaviour.stubborn;
  // Seen of egg: when its agent, and with it the leader of its clients, has ended, an app worker is not closed before they have found
  // the next one, which takes seconds.
  const isLeaderless = program === 'egg' && log.some(({ event, slot }) => event === 'child.exited' && slot === 'agent');
  return isLeaderless || isStopped || isStubborn || isBusy || asks.length > 2 || scarcity.length > 0;
}

/** Design 5 and the README: 128+n for a signal that ends a process and means nothing here. */
function isFatalSignal({ deliveries }: Observation, code: number): boolean {
  return deliveries.some(({ kind, signal }) => kind === 'master' && 128 + constants.signals[signal] === code);
}
