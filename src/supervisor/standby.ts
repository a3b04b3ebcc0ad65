import { GIVE_UP_MS } from './deadlines.js';
import type { Event } from './events.js';
import type { Standby, Standbys, State } from './model.js';
import { type Turn, currentOf, isListening } from './turn.js';

type Told<K extends Event['kind']> = Extract<Event, { kind: K }>;

/** Nobody waits for it: one that can't be had, or does not stay, is tried again with less haste than a worker. */
const LEAST_WAIT_MS = 1000;

export const NO_STANDBYS: Standbys = { processes: [], isForking: false, retryAt: undefined };

/** While running, keeps as many as there are to be. One is forked at a time, and only while all is well: who starts needs the processors more. */
export function advanceStandbys(turn: Turn): void {
  const { phase, roll, launch, standbys } = turn.state;
  if (phase.kind !== 'running') return;
  const there = standbys.processes.filter(isWanted);
  for (const standby of there.slice(turn.policy.standbys)) end(turn, standby);
  if (standbys.retryAt !== undefined && standbys.retryAt > turn.at) return;
  if (standbys.retryAt !== undefined) put(turn, { retryAt: undefined });
  if (there.length >= turn.policy.standbys || standbys.isForking || !there.every(isWaiting)) return;
  if (roll !== undefined || !isWhole(turn.state)) return;
  put(turn, { isForking: true });
  turn.order({ kind: 'fork-standby', launch });
}

/** They are of no use any more: what they have loaded may have changed, or nothing is forked from now on. */
export function endStandbys(turn: Turn): void {
  for (const standby of turn.state.standbys.processes.filter(isWanted)) end(turn, standby);
}

export function standbyForked(turn: Turn, { id, pid }: Told<'standby-forked'>): void {
  const readyBy = turn.at + turn.policy.startupMs;
  const standby: Standby = { id, pid, since: turn.at, readyBy, giveUpAt: undefined };
  put(turn, { processes: [...turn.state.standbys.processes, standby], isForking: false });
  turn.log('info', 'standby.forked', { pid });
  // A fork can cross a stop or a roll on its way here.
  if (turn.state.phase.kind !== 'running' || turn.state.roll !== undefined) end(turn, standby);
}

export function standbyReady(turn: Turn, { id }: Told<'standby-ready'>): void {
  const processes = turn.state.standbys.processes.map((standby) =>
    standby.id === id ? { ...standby, readyBy: undefined } : standby,
  );
  put(turn, { processes });
}

/** One that has not got so far in the time of a start never will. */
export function boundStandbys(turn: Turn): void {
  if (turn.state.phase.kind !== 'running') return;
  for (const standby of turn.state.standbys.processes.filter(isWanted)) {
    if (standby.readyBy === undefined || standby.readyBy > turn.at) continue;
    turn.log('warn', 'standby.start-timeout', { pid: standby.pid, startupMs: turn.policy.startupMs });
    end(turn, standby);
    put(turn, { retryAt: retryAt(turn) });
  }
}

export function standbyRefused(turn: Turn, { message }: Told<'standby-refused'>): void {
  turn.log('error', 'standby.fork-failed', { message });
  put(turn, { isForking: false, retryAt: retryAt(turn) });
}

export function standbyExited(turn: Turn, { id, code, signal }: Told<'standby-exited'>): void {
  const found = turn.state.standbys.processes.find((standby) => standby.id === id);
  if (found === undefined) return;
  removeStandby(turn, id);
  turn.log(isWanted(found) ? 'warn' : 'info', 'standby.exited', { pid: found.pid, code, signal });
  if (isWanted(found)) put(turn, { retryAt: retryAt(turn) });
}

/** It is an app worker now, or has ended. */
export function removeStandby(turn: Turn, id: number | undefined): void {
  put(turn, { processes: turn.state.standbys.processes.filter((standby) => standby.id !== id) });
}

/** A stop does not wait for ever. */
export function forgetStandbys(turn: Turn): void {
  for (const { id, pid, giveUpAt } of turn.state.standbys.processes) {
    if (giveUpAt === undefined || giveUpAt > turn.at) continue;
    turn.log('error', 'child.unkillable', { slot: 'standby', pid });
    removeStandby(turn, id);
  }
}

/** It can be used. */
export function isWaiting(standby: Standby): boolean {
  return isWanted(standby) && standby.readyBy === undefined;
}

/** It was not told to end. */
export function isWanted({ giveUpAt }: Standby): boolean {
  return giveUpAt === undefined;
}

/** There is nothing that it could lose: SIGKILL. */
function end(turn: Turn, standby: Standby): void {
  const ending = { ...standby, giveUpAt: turn.at + GIVE_UP_MS };
  put(turn, { processes: turn.state.standbys.processes.map((other) => (other.id === standby.id ? ending : other)) });
  turn.order({ kind: 'end-standby', id: standby.id });
}

/** Every process that there is to be is ready. */
function isWhole(state: State): boolean {
  return state.slots.every(({ slot, retires }) => {
    const current = currentOf(state, slot);
    return !retires && current !== undefined && isListening(current);
  });
}

function retryAt({ at, policy }: Turn): number {
  return at + Math.max(policy.backoffMaxMs, LEAST_WAIT_MS);
}

function put(turn: Turn, change: Partial<Standbys>): void {
  turn.state = { ...turn.state, standbys: { ...turn.state.standbys, ...change } };
}
