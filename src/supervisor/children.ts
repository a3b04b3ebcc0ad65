import { crashed, failStart, countCrash, replace } from './crashes.js';
import type { Event } from './events.js';
import type { Child, Slot } from './model.js';
import { replaceOne, successorFailed, successorForked, takeOver } from './roll.js';
import { removeStandby } from './standby.js';
import { HURRIED_STOP_MS, beginStop, stopChild } from './shutdown.js';
import { type Turn, isToldToEnd, currentOf, isAgent, listeningPids, readyAgent } from './turn.js';

type ChildForked = Extract<Event, { kind: 'child-forked' }>;

export function childForked(turn: Turn, { id, slot, pid, takesOver, standby }: ChildForked): void {
  if (standby !== undefined) removeStandby(turn, standby);
  if (!takesOver) notePredecessor(turn, slot);
  const { backoffMs, forks } = turn.slot(slot);
  const waitMs = takesOver ? 0 : backoffMs;
  const state = { kind: 'gate', notBefore: turn.at + waitMs } as const;
  const child: Child = {
    id,
    slot,
    pid,
    since: turn.at,
    readyAt: undefined,
    replaced: false,
    hung: false,
    crashCounted: false,
    hasHung: false,
    takesOver,
    whyNotReady: undefined,
    trouble: undefined,
    outlivedBy: undefined,
    state,
  };
  // The successor of an agent that a roll has ended is no restart.
  const isPlanned = takesOver || (slot === 'agent' && turn.state.roll?.step.kind === 'agent');
  if (!takesOver) turn.record(slot, { forks: isPlanned ? forks : forks + 1, retryAt: undefined });
  turn.add(child);
  const wasStandby = standby === undefined ? {} : { standby: true };
  turn.log('info', 'child.forked', { slot, pid, forks: turn.slot(slot).forks, waitMs, ...wasStandby });
  if (turn.slot(slot).retires) return leaveAgain(turn, child);
  if (takesOver && !successorForked(turn, child)) return stopChild(turn, child, HURRIED_STOP_MS);
  // A fork can cross a stop on its way here; the stop stands.
  const { phase } = turn.state;
  if (phase.kind === 'stopping' && phase.stage.kind !== 'delay') stopChild(turn, child, HURRIED_STOP_MS);
}

/** Its slot retires: cfork had answered a crash before it knew. */
function leaveAgain(turn: Turn, child: Child): void {
  stopChild(turn, child, HURRIED_STOP_MS);
  turn.change(child.id, { replaced: true, takesOver: false });
}

/**
 * cfork answers an exit at once, but the exit of a process that was told to end is only told after that of its
 * descendants: then the fork is the first that is heard of it.
 */
function notePredecessor(turn: Turn, slot: Slot): void {
  const predecessor = currentOf(turn.state, slot);
  if (predecessor !== undefined) replace(turn, predecessor);
}

/** The kernel refused a process: at start that is the end, later it is tried again. */
export function forkFailed(turn: Turn, slot: Slot, message: string): void {
  turn.log('error', 'child.fork-failed', { slot, message });
  if (turn.state.phase.kind === 'starting') return failStart(turn, slot, `could not be forked: ${message}`);
  notePredecessor(turn, slot);
  if (turn.state.phase.kind !== 'running' || crashed(turn, slot, undefined, message)) return;
  const waitMs = Math.max(turn.slot(slot).backoffMs, turn.policy.backoffInitialMs);
  turn.record(slot, { retryAt: turn.at + waitMs });
}

export function childReady(turn: Turn, id: number): void {
  const child = turn.child(id);
  if (child?.state.kind !== 'starting') return;
  turn.becomeReady(child);
  turn.record(child.slot, { served: true });
  turn.log('info', 'child.ready', { slot: child.slot, pid: child.pid, ms: Math.round(turn.at - child.since) });
  if (child.takesOver) takeOver(turn, child);
  if (isAgent(child)) announceAgent(turn, child);
  else announceApp(turn, child);
}

/** egg-cluster's onAgentStart, in its order. */
function announceAgent(turn: Turn, agent: Child): void {
  const running = turn.state.phase.kind === 'running';
  if (running) turn.send('agent', { action: 'egg-ready' });
  turn.send('apps', { action: 'egg-pids', data: [agent.pid] });
  if (running) turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
  turn.send('apps', { action: 'agent-start' });
}

/** egg-cluster's onAppStart, in its order; as in its version 3 every new worker hears the agent's pid. */
function announceApp(turn: Turn, app: Child): void {
  const agent = readyAgent(turn.state);
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
  if (agent !== undefined) turn.send({ id: app.id }, { action: 'egg-pids', data: [agent.pid] });
  if (turn.state.phase.kind === 'running') turn.send('apps', { action: 'egg-ready' });
}

/** An app worker has stopped listening and lives on: it may listen again within the time of a start. */
export function childUnready(turn: Turn, id: number): void {
  const child = turn.child(id);
  if (child?.state.kind !== 'ready') return;
  turn.put(child, { kind: 'starting', deadline: turn.at + turn.policy.startupMs });
  turn.log('warn', 'child.unready', { slot: child.slot, pid: child.pid });
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
}

/** An app worker drains that the master has not told to: who serves in its place need not wait for its end. */
export function childLeaving(turn: Turn, id: number): void {
  const child = turn.child(id);
  if (child === undefined || isAgent(child)) return;
  if (child.state.kind !== 'ready' && child.state.kind !== 'starting') return;
  turn.put(child, { kind: 'leaving', killAt: turn.at + drainMs(turn, child) });
  turn.log('warn', 'child.leaving', { slot: child.slot, pid: child.pid });
  turn.order({ kind: 'let-go', id });
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
}

/**
 * An app worker does not answer any more. It is a crash, but its successor comes first: perhaps the old one still
 * finishes something.
 */
export function childHung(turn: Turn, id: number, silentMs: number): void {
  const child = turn.child(id);
  if (child?.state.kind !== 'ready' || child.replaced || isAgent(child)) return;
  // Told again and again: the roll that was to replace it may have ended before it.
  if (child.hung) return replaceOne(turn, id, 'hangs');
  turn.log('error', 'child.hung', { slot: child.slot, pid: child.pid, silentMs });
  const trouble = `it was silent for ${silentMs} ms`;
  turn.change(id, { hung: true, hasHung: true, trouble });
  turn.order({ kind: 'examine', id });
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
  if (!countCrash(turn, child, trouble)) replaceOne(turn, id, 'hangs');
}

/** It was only slow; what has begun meanwhile goes on. */
export function childAnswers(turn: Turn, id: number): void {
  const child = turn.child(id);
  if (child?.hung !== true) return;
  turn.log('info', 'child.answers', { slot: child.slot, pid: child.pid });
  // Who was told to end for it may say what it likes.
  const isEnding = isToldToEnd(child);
  const trouble = isEnding ? child.trouble : undefined;
  turn.change(id, { hung: false, crashCounted: child.crashCounted && isEnding, trouble });
  turn.order({ kind: 'end-examination', id });
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
}

/** A child says why it can't start; it ends by itself or is ended soon. */
export function childStartFailed(turn: Turn, id: number, portTaken: boolean, message: string): void {
  const child = turn.child(id);
  if (child === undefined) return;
  turn.log('error', 'child.start-failed', { slot: child.slot, pid: child.pid, message });
  const { phase } = turn.state;
  if (phase.kind === 'starting' && portTaken) {
    return beginStop(turn, { exitCode: 14, reason: `ClusterPortConflictError: ${message}`, hurried: true });
  }
  if (phase.kind === 'starting') return failStart(turn, child.slot, message);
  if (phase.kind !== 'running' || child.state.kind !== 'starting') return;
  if (child.takesOver) successorFailed(turn, child, message);
  else stopChild(turn, child, HURRIED_STOP_MS);
  turn.change(id, { trouble: message });
}

/**
 * A child closed its channel. It may be about to die, or drain its last requests: cfork replaces an app worker
 * at this moment, also one that was told to end, so here is where its crash counts.
 */
export function childDisconnected(turn: Turn, id: number): void {
  const child = turn.child(id);
  if (child === undefined) return;
  turn.log('debug', 'child.disconnected', { slot: child.slot, pid: child.pid });
  if (!isToldToEnd(child)) turn.put(child, { kind: 'leaving', killAt: turn.at + drainMs(turn, child) });
  // A successor that was never ready: its exit says more.
  if (turn.state.phase.kind !== 'running' || isAgent(child) || child.takesOver) return;
  replace(turn, child);
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
}

function drainMs(turn: Turn, child: Child): number {
  if (turn.state.phase.kind === 'starting' || child.takesOver) return HURRIED_STOP_MS;
  return isAgent(child) ? turn.policy.agentStopMs : turn.policy.appStopMs;
}
