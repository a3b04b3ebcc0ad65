import type { Event } from './events.js';
import type { Child, Slot } from './model.js';
import { noteCrash } from './restart-intensity.js';
import { newAgentEnded, replaceOne, successorEnded, successorFailed, successorForked, takeOver } from './roll.js';
import { HURRIED_STOP_MS, beginStop, stopChild } from './shutdown.js';
import { type Turn, currentOf, isAgent, listeningPids, readyAgent } from './turn.js';

type ChildForked = Extract<Event, { kind: 'child-forked' }>;

export function childForked(turn: Turn, { id, slot, pid, takesOver }: ChildForked): void {
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
  turn.log('info', 'child.forked', { slot, pid, forks: turn.slot(slot).forks, waitMs });
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
  if (!isCrashTooMany(turn, child, trouble)) replaceOne(turn, id, 'hangs');
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

/** Counts the crash of a process that has a successor before its exit is told. */
function replace(turn: Turn, child: Child): void {
  if (turn.state.phase.kind !== 'running' || child.replaced) return;
  turn.change(child.id, { replaced: true });
  isCrashTooMany(turn, child);
}

/** Counts the crash of a process, but not the exit of one that hangs or was told to end for that. */
function isCrashTooMany(turn: Turn, child: Child, why?: string): boolean {
  if (turn.state.phase.kind !== 'running' || child.crashCounted) return false;
  turn.change(child.id, { crashCounted: true });
  return crashed(turn, child.slot, child, child.trouble ?? why);
}

function drainMs(turn: Turn, child: Child): number {
  if (turn.state.phase.kind === 'starting' || child.takesOver) return HURRIED_STOP_MS;
  return isAgent(child) ? turn.policy.agentStopMs : turn.policy.appStopMs;
}

function isToldToEnd({ state }: Child): boolean {
  return state.kind === 'stopping' || state.kind === 'killed';
}

type ChildExited = Extract<Event, { kind: 'child-exited' }>;

export function childExited(turn: Turn, { id, code, signal, cause }: ChildExited): void {
  const child = turn.child(id);
  if (child === undefined) return;
  const { phase } = turn.state;
  if (child.takesOver) successorEnded(turn, child, exitText(code, signal, cause));
  turn.remove(child);
  turn.log(isToldToEnd(child) ? 'info' : 'error', 'child.exited', {
    slot: child.slot,
    pid: child.pid,
    code,
    signal,
    ...(cause === undefined ? {} : { cause }),
    state: child.state.kind,
  });
  const why = exitText(code, signal, cause);
  if (phase.kind === 'starting') return failStart(turn, child.slot, why);
  if (phase.kind === 'stopping') return explainCrash(turn, child, why);
  if (phase.kind !== 'running' || child.takesOver) return;
  if (isAgent(child)) agentDied(turn, child, why);
  else appDied(turn, child, why);
}

/** The crash that was one too many counted when its channel closed; now it is known what it was. */
function explainCrash(turn: Turn, { slot, crashCounted }: Child, why: string): void {
  const { phase } = turn.state;
  if (phase.kind !== 'stopping' || phase.unexplained !== slot || !crashCounted) return;
  turn.state = { ...turn.state, phase: { ...phase, reason: `${phase.reason}: ${why}`, unexplained: undefined } };
}

function agentDied(turn: Turn, agent: Child, why: string): void {
  turn.send('apps', { action: 'egg-pids', data: [] });
  turn.send('parent', { action: 'agent-worker-died' });
  const isPlanned = agent.replaced || newAgentEnded(turn, agent, why);
  if (isPlanned || !crashed(turn, 'agent', agent, agent.trouble ?? why)) forkAgent(turn);
}

export function forkAgent(turn: Turn): void {
  turn.order({ kind: 'fork-agent', launch: turn.slot('agent').launch });
}

/** The refork itself is cfork's. */
function appDied(turn: Turn, app: Child, why: string): void {
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
  turn.send('parent', { action: 'app-worker-died' });
  if (!app.replaced) isCrashTooMany(turn, app, why);
}

/** Returns whether this crash was one too many. `why` is what is known of it. */
function crashed(turn: Turn, slot: Slot, child: Child | undefined, why: string | undefined): boolean {
  if (!noteCrash(turn, slot, child)) return false;
  const { restartLimit, restartWindowMs } = turn.policy;
  const last = why === undefined ? slot : `${slot}: ${why}`;
  const reason = `${restartLimit} crashes within ${restartWindowMs} ms (restart.limit); the last was ${last}`;
  beginStop(turn, { exitCode: 13, reason, unexplained: why === undefined ? slot : undefined });
  return true;
}

function failStart(turn: Turn, slot: Slot, message: string): void {
  const exitCode = slot === 'agent' ? 10 : 11;
  beginStop(turn, { exitCode, reason: `${slot} failed while starting: ${message}`, hurried: true });
}

function exitText(code: number | null, signal: string | null, cause: string | undefined): string {
  if (signal === null) return `it exited with code ${code}`;
  return cause === undefined ? `it was ended by ${signal}` : `it was ended by ${signal}, ${cause}`;
}
