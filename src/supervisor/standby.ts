import { GIVE_UP_MS } from './deadlines.js';
import type { Event } from './events.js';
import type { Standby, StandbyState, Standbys, State } from './model.js';
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
  const deadline = turn.at + turn.policy.startupMs;
  const standby: Standby = { id, pid, since: turn.at, state: { kind: 'starting', deadline } };
  put(turn, { processes: [...turn.state.standbys.processes, standby], isForking: false });
  turn.log('info', 'standby.forked', { pid });
  // A fork can cross a stop or a roll on its way here.
  if (turn.state.phase.kind !== 'running' || turn.state.roll !== undefined) end(turn, standby);
}

export function standbyReady(turn: Turn, { id }: Told<'standby-ready'>): void {
  const found = find(turn, id);
  if (found?.state.kind === 'starting') become(turn, found, { kind: 'waiting' });
}

export function standbyFailed(turn: Turn, { id, why }: Told<'standby-failed'>): void {
  const found = find(turn, id);
  if (found !== undefined && isWanted(found)) fail(turn, found, why);
}

/** One that has not got so far in the time of a start never will. */
export function boundStandbys(turn: Turn): void {
  if (turn.state.phase.kind !== 'running') return;
  for (const standby of turn.state.standbys.processes)
    if (standby.state.kind === 'starting' && standby.state.deadline <= turn.at)
      fail(turn, standby, `it has not loaded what it may within ${turn.policy.startupMs} ms`);
}

export function standbyRefused(turn: Turn, { message }: Told<'standby-refused'>): void {
  turn.log('error', 'standby.fork-failed', { message });
  put(turn, { isForking: false, retryAt: retryAt(turn) });
}

export function standbyExited(turn: Turn, { id, code, signal }: Told<'standby-exited'>): void {
  const found = find(turn, id);
  if (found === undefined) return;
  removeStandby(turn, id);
  turn.log(isWanted(found) ? 'warn' : 'info', 'standby.exited', { pid: found.pid, code, signal });
  if (isWanted(found)) put(turn, { retryAt: retryAt(turn) });
}

/** It is an app worker now, or has ended. */
export function removeStandby(turn: Turn, id: number): void {
  put(turn, { processes: turn.state.standbys.processes.filter((standby) => standby.id !== id) });
}

/** A stop does not wait for ever. */
export function forgetStandbys(turn: Turn): void {
  for (const { id, pid, state } of turn.state.standbys.processes) {
    if (state.kind !== 'killed' || state.giveUpAt > turn.at) continue;
    turn.log('error', 'child.unkillable', { slot: 'standby', pid });
    removeStandby(turn, id);
  }
}

/** It can be used. */
export function isWaiting({ state }: Standby): boolean {
  return state.kind === 'waiting';
}

function isWanted({ state }: Standby): boolean {
  return state.kind !== 'killed';
}

function find(turn: Turn, id: number): Standby | undefined {
  return turn.state.standbys.processes.find((standby) => standby.id === id);
}

function fail(turn: Turn, standby: Standby, why: string): void {
  turn.log('warn', 'standby.failed', { pid: standby.pid, why });
  end(turn, standby);
  put(turn, { retryAt: retryAt(turn) });
}

/** There is nothing that it could lose: SIGKILL. */
function end(turn: Turn, standby: Standby): void {
  become(turn, standby, { kind: 'killed', giveUpAt: turn.at + GIVE_UP_MS });
  turn.order({ kind: 'end-standby', id: standby.id });
}

function become(turn: Turn, standby: Standby, state: StandbyState): void {
  const changed = { ...standby, since: turn.at, state };
  put(turn, { processes: turn.state.standbys.processes.map((other) => (other.id === standby.id ? changed : other)) });
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
