import type { Step } from './commands.js';
import type { Event } from './events.js';
import type { Child, Policy, Slot, State } from './model.js';
import {
  childAnswers,
  childDisconnected,
  childForked,
  childHung,
  childLeaving,
  childReady,
  childStartFailed,
  childUnready,
  forkFailed,
} from './children.js';
import { postpone } from './deadlines.js';
import { childExited, forkAgent } from './exits.js';
import { openGates } from './gate.js';
import { checkManager } from './manager-check.js';
import { advanceRoll, replaceWorn, requestRoll, successorFailed, successorRefused } from './roll.js';
import { advanceScale, newSlot, requestScale } from './scale.js';
import {
  NO_STANDBYS,
  advanceStandbys,
  boundStandbys,
  standbyExited,
  standbyFailed,
  standbyForked,
  standbyReady,
  standbyRefused,
} from './standby.js';
import { HURRIED_STOP_MS, advanceStop, beginStop, escalate, failMaster, requestStop, stopChild } from './shutdown.js';
import { Turn, currentOf, listeningPids } from './turn.js';

/** After it has stood still the master needs a moment until it has heard what has happened meanwhile. */
const NEWS_MS = 500;

/** The first state and what to do in it: the agent and all app workers are forked at once. */
export function begin(policy: Policy, at: number): Step {
  const slots: Slot[] = Array.from({ length: policy.workers }, (_, index) => `app-${index}` as const);
  if (policy.hasAgent) slots.unshift('agent');
  const state: State = {
    phase: { kind: 'starting', deadline: at + policy.startupMs },
    children: [],
    slots: slots.map((slot) => newSlot(slot, at, 0)),
    roll: undefined,
    lastRoll: undefined,
    launch: 0,
    wanted: policy.workers,
    standbys: NO_STANDBYS,
    crashes: [],
    startedAt: undefined,
  };
  const turn = new Turn(state, policy, at);
  if (policy.hasAgent) forkAgent(turn);
  turn.order({ kind: 'fork-apps', count: policy.workers });
  return turn.step();
}

/** The state after `event` and the commands that follow from it. Pure: same input, same answer. */
export function transition(state: State, event: Event, policy: Policy): Step {
  const turn = new Turn(state, policy, event.at);
  if (state.phase.kind === 'exited') return turn.step();
  apply(turn, event);
  // Before the bounds: who is ready when the clock is looked at has made it, and a timeout has somebody to name.
  completeStart(turn);
  // Only then: what else is heard may be older than what is yet to be heard, the exit of somebody whose time is over.
  if (event.kind === 'time-passed') enforceBounds(turn);
  settle(turn);
  return turn.step();
}

function apply(turn: Turn, event: Event): void {
  switch (event.kind) {
    case 'child-forked':
      return childForked(turn, event);
    case 'fork-failed':
      return forkFailed(turn, event.slot, event.message);
    case 'successor-refused':
      return successorRefused(turn, event.slot, event.message);
    case 'standby-forked':
      return standbyForked(turn, event);
    case 'standby-ready':
      return standbyReady(turn, event);
    case 'standby-failed':
      return standbyFailed(turn, event);
    case 'standby-refused':
      return standbyRefused(turn, event);
    case 'standby-exited':
      return standbyExited(turn, event);
    case 'roll-requested':
      return requestRoll(turn, event);
    case 'child-hung':
      return childHung(turn, event.id, event.silentMs);
    case 'child-answers':
      return childAnswers(turn, event.id);
    case 'child-worn':
      return replaceWorn(turn, event.id, event.why);
    case 'scale-requested':
      return requestScale(turn, event);
    case 'child-ready':
      return childReady(turn, event.id);
    case 'child-unready':
      return childUnready(turn, event.id);
    case 'child-leaving':
      return childLeaving(turn, event.id);
    case 'child-not-ready':
      return turn.change(event.id, { whyNotReady: event.why });
    case 'child-outlived':
      return turn.change(event.id, { outlivedBy: event.by });
    case 'child-start-failed':
      return childStartFailed(turn, event.id, event.portTaken, event.message);
    case 'child-disconnected':
      return childDisconnected(turn, event.id);
    case 'child-exited':
      return childExited(turn, event);
    case 'refork-refused':
      return beginStop(turn, { exitCode: 13, reason: 'cfork refused to fork again: app workers died too fast' });
    case 'stop-requested':
      return requestStop(turn, event.signal);
    case 'master-failed':
      return failMaster(turn, event.message);
    case 'master-late':
      turn.log('warn', 'master.late', { ms: Math.round(event.ms) });
      turn.state = postpone(turn.state, event.ms + NEWS_MS);
      return;
    case 'policy-changed':
    case 'time-passed':
      return;
  }
} // no `default`: a new kind of event must not compile until someone has thought about it

/** What is due. */
function enforceBounds(turn: Turn): void {
  boundStarts(turn);
  checkManager(turn);
  retryForks(turn);
  boundStandbys(turn);
  escalate(turn);
}

/** What follows from the state, whatever the event was. */
function settle(turn: Turn): void {
  advanceScale(turn);
  advanceRoll(turn);
  openGates(turn);
  advanceStandbys(turn);
  advanceStop(turn);
}

function boundStarts(turn: Turn): void {
  const { phase, slots } = turn.state;
  if (phase.kind === 'starting' && phase.deadline <= turn.at) {
    const missing = slots
      .map(({ slot }) => ({ slot, child: currentOf(turn.state, slot) }))
      .filter(({ child }) => child?.state.kind !== 'ready');
    const names = missing.map(({ slot }) => slot).join(', ');
    const reason = withWhy(
      `not everything was ready within ${turn.policy.startupMs} ms: ${names}`,
      logTimeout(turn, missing),
    );
    beginStop(turn, { exitCode: 12, reason, hurried: true });
  }
  if (phase.kind !== 'running') return;
  for (const child of turn.state.children) {
    if (child.state.kind !== 'starting' || child.state.deadline > turn.at) continue;
    const why = logTimeout(turn, [{ slot: child.slot, child }]);
    const trouble = withWhy(`it was not ready within ${turn.policy.startupMs} ms`, why);
    if (child.takesOver) successorFailed(turn, child, trouble);
    else stopChild(turn, child, HURRIED_STOP_MS);
    turn.change(child.id, { trouble });
  }
}

interface Missing {
  readonly slot: Slot;
  readonly child: Child | undefined;
}

/** Returns what is known of why: `app-0, app-1: listening on http://127.0.0.1:8080, not on port 3000`. */
function logTimeout(turn: Turn, missing: readonly Missing[]): string | undefined {
  const slots = missing.map(({ slot }) => slot);
  const reasons = new Set(missing.flatMap(({ child }) => child?.whyNotReady ?? []));
  const known = [...reasons].map((reason) => {
    const those = missing.filter(({ child }) => child?.whyNotReady === reason);
    return `${those.map(({ slot }) => slot).join(', ')}: ${reason}`;
  });
  const why = known.length === 0 ? undefined : known.join('; ');
  const fields = { slots, startupMs: turn.policy.startupMs };
  turn.log('error', 'child.start-timeout', why === undefined ? fields : { ...fields, why });
  return why;
}

function withWhy(text: string, why: string | undefined): string {
  return why === undefined ? text : `${text} (${why})`;
}

function retryForks(turn: Turn): void {
  if (turn.state.phase.kind !== 'running') return;
  for (const { slot, retryAt } of turn.state.slots) {
    if (retryAt === undefined || retryAt > turn.at) continue;
    turn.record(slot, { retryAt: undefined });
    if (slot === 'agent') forkAgent(turn);
    else turn.order({ kind: 'refork-app', slot });
  }
}

/** All app workers listen: egg-ready, to parent, app and agent. */
function completeStart(turn: Turn): void {
  const { phase, slots } = turn.state;
  if (phase.kind !== 'starting') return;
  if (!slots.every(({ slot }) => currentOf(turn.state, slot)?.state.kind === 'ready')) return;
  turn.state = {
    ...turn.state,
    phase: { kind: 'running', nextCheckAt: turn.at + turn.policy.checkIntervalMs, failedChecks: 0 },
    startedAt: turn.at,
  };
  turn.order({ kind: 'allow-refork', allowed: true });
  const pids = listeningPids(turn.state);
  turn.log('info', 'cluster.ready', { workers: pids.length, pids });
  for (const to of ['parent', 'apps', 'agent'] as const) turn.send(to, { action: 'egg-ready' });
}
