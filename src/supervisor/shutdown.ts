import { GIVE_UP_MS } from './deadlines.js';
import type { Fields } from './commands.js';
import { listOf } from './list-of.js';
import type { Child, ExitCode, Slot, Stage, State, Stopping } from './model.js';
import { endStandbys, forgetStandbys } from './standby.js';
import { type Turn, appsOf, isAgent } from './turn.js';

/** After a second request, and for processes that failed to start: they have nothing that is worth a wait. */
export const HURRIED_STOP_MS = 2000;

export interface StopCause {
  readonly exitCode: ExitCode;
  readonly reason: string;
  /** Somebody wants it, it is not the answer to a failure. */
  readonly asked?: boolean;
  readonly delayMs?: number;
  readonly hurried?: boolean;
  /** The slot whose crash it was, where the reason does not say what that was. */
  readonly unexplained?: Slot | undefined;
}

/** Leaves the phase for `stopping`, once. From here on nothing is forked. */
export function beginStop(turn: Turn, cause: StopCause): void {
  const { phase } = turn.state;
  if (phase.kind === 'stopping' || phase.kind === 'exited') return;
  const bound = cause.hurried === true ? HURRIED_STOP_MS : Number.POSITIVE_INFINITY;
  const delayMs = cause.delayMs ?? 0;
  turn.order({ kind: 'allow-refork', allowed: false });
  turn.log(cause.exitCode === 0 ? 'info' : 'error', 'stop.begun', {
    exitCode: cause.exitCode,
    reason: cause.reason,
    delayMs,
  });
  endStandbys(turn);
  // A proxy that has been told still uses the connections that it has: they end one by one, each after an answer.
  if (delayMs > 0) for (const child of appsOf(turn.state)) turn.order({ kind: 'lame-duck', id: child.id });
  turn.state = {
    ...turn.state,
    roll: undefined,
    phase: {
      kind: 'stopping',
      stage: { kind: 'delay', until: turn.at + delayMs },
      exitCode: cause.exitCode,
      reason: cause.reason,
      unexplained: cause.unexplained,
      killed: [],
      requests: cause.asked === true ? 1 : 0,
      appStopMs: Math.min(turn.policy.appStopMs, bound),
      agentStopMs: Math.min(turn.policy.agentStopMs, bound),
    },
  };
}

/** A fault of eggcup itself: the end, and the exit code of a stop that is under way already. */
export function failMaster(turn: Turn, message: string): void {
  beginStop(turn, { exitCode: 70, reason: message, hurried: true });
  const { phase } = turn.state;
  if (phase.kind === 'stopping') turn.state = { ...turn.state, phase: { ...phase, exitCode: 70, reason: message } };
}

/** A signal that asks for the end: the first drains, the second hurries, the third kills. */
export function requestStop(turn: Turn, signal: string): void {
  const { phase } = turn.state;
  if (phase.kind === 'exited') return;
  if (phase.kind !== 'stopping') {
    // A delay lets load balancers hear of the end; nobody has been told of a cluster that is not ready yet.
    const delayMs = phase.kind === 'running' ? turn.policy.delayMs : 0;
    beginStop(turn, { exitCode: 0, reason: `${signal} received`, asked: true, delayMs });
    return;
  }
  const requests = phase.requests + 1;
  // After a failure the platform's first signal meets a stop that nobody has asked for: it goes on as it is.
  if (requests === 1) turn.state = { ...turn.state, phase: { ...phase, requests } };
  else if (requests === 2) hurry(turn, { ...phase, requests }, signal);
  else force(turn, { ...phase, requests }, signal);
}

function hurry(turn: Turn, phase: Stopping, signal: string): void {
  turn.log('warn', 'stop.hurried', { signal, stopMs: HURRIED_STOP_MS });
  turn.state = {
    ...turn.state,
    phase: {
      ...phase,
      stage: phase.stage.kind === 'delay' ? { kind: 'delay', until: turn.at } : phase.stage,
      appStopMs: Math.min(phase.appStopMs, HURRIED_STOP_MS),
      agentStopMs: Math.min(phase.agentStopMs, HURRIED_STOP_MS),
    },
  };
  for (const child of turn.state.children) {
    if (child.state.kind !== 'stopping' && child.state.kind !== 'leaving') continue;
    turn.put(child, { ...child.state, killAt: Math.min(child.state.killAt, turn.at + HURRIED_STOP_MS) });
  }
}

function force(turn: Turn, phase: Stopping, signal: string): void {
  turn.log('warn', 'stop.forced', { signal });
  turn.state = { ...turn.state, phase: { ...phase, stage: { kind: 'agent' } } };
  for (const child of turn.state.children) if (child.state.kind !== 'killed') killChild(turn, child);
}

/** Asks a child to end, and sets when it is ended by force. */
export function stopChild(turn: Turn, child: Child, stopMs: number): void {
  if (child.state.kind === 'stopping' || child.state.kind === 'killed') return;
  const killAt = turn.at + stopMs;
  turn.put(child, {
    kind: 'stopping',
    killAt: child.state.kind === 'leaving' ? Math.min(killAt, child.state.killAt) : killAt,
  });
  turn.order({ kind: 'terminate', id: child.id });
}

function killChild(turn: Turn, child: Child): void {
  turn.put(child, { kind: 'killed', giveUpAt: turn.at + GIVE_UP_MS });
  turn.order({ kind: 'kill', id: child.id });
  const fields = { slot: child.slot, pid: child.pid, state: child.state.kind };
  turn.log('warn', 'child.killed', withOutlivedBy(fields, child));
  const { phase } = turn.state;
  if (phase.kind !== 'stopping' || (phase.exitCode !== 0 && phase.exitCode !== 15)) return;
  turn.state = { ...turn.state, phase: { ...phase, exitCode: 15, killed: [...phase.killed, killedText(child)] } };
}

function withOutlivedBy(fields: Fields, { outlivedBy }: Child): Fields {
  return outlivedBy === undefined ? fields : { ...fields, outlivedBy };
}

function killedText({ slot, pid, outlivedBy }: Child): string {
  if (outlivedBy === undefined) return `${slot} (pid ${pid}) had to be killed`;
  return `${slot} (pid ${pid}) has ended, but what it had started had to be killed: ${outlivedBy}`;
}

/**
 * Kills who has outlived its time. Only a stop forgets who can't be killed: else its slot would stay empty. (A roll, where
 * the slot has a successor, goes on without it.)
 */
export function escalate(turn: Turn): void {
  const isStopping = turn.state.phase.kind === 'stopping';
  if (isStopping) forgetStandbys(turn);
  for (const child of turn.state.children) {
    const { state } = child;
    if ((state.kind === 'stopping' || state.kind === 'leaving') && state.killAt <= turn.at) killChild(turn, child);
    if (isStopping && state.kind === 'killed' && state.giveUpAt <= turn.at) {
      turn.log('error', 'child.unkillable', withOutlivedBy({ slot: child.slot, pid: child.pid }, child));
      turn.remove(child);
    }
  }
}

function reasonOf({ exitCode, reason, killed }: Stopping): string {
  return exitCode === 15 ? `${reason}; ${listOf(killed, '; ')}` : reason;
}

/** Goes on to the next stage of a stop as soon as the present one is over; ends with the exit. */
export function advanceStop(turn: Turn): void {
  const { phase } = turn.state;
  if (phase.kind !== 'stopping') return;
  const next = nextStage(turn, phase);
  if (next === 'exit') {
    turn.state = { ...turn.state, phase: { kind: 'exited', exitCode: phase.exitCode } };
    turn.log('info', 'stop.done', { exitCode: phase.exitCode });
    turn.order({ kind: 'exit', code: phase.exitCode, reason: reasonOf(phase) });
    return;
  }
  if (next === undefined) return;
  turn.state = { ...turn.state, phase: { ...phase, stage: next } };
  advanceStop(turn);
}

function nextStage(turn: Turn, phase: Stopping): Stage | 'exit' | undefined {
  switch (phase.stage.kind) {
    case 'delay':
      return phase.stage.until <= turn.at ? { kind: 'apps' } : undefined;
    case 'apps':
      for (const child of appsOf(turn.state)) stopChild(turn, child, phase.appStopMs);
      return appsOf(turn.state).length === 0 ? { kind: 'agent' } : undefined;
    case 'agent':
      for (const child of turn.state.children) if (isAgent(child)) stopChild(turn, child, phase.agentStopMs);
      return isAnybodyLeft(turn.state) ? undefined : 'exit';
  }
}

function isAnybodyLeft({ children, standbys }: State): boolean {
  return children.length > 0 || standbys.processes.length > 0 || standbys.isForking;
}
