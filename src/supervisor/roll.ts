import { HURRIED_STOP_MS, stopChild } from './shutdown.js';
import { endStandbys } from './standby.js';
import type { Child, LaunchId, Roll, RollRequest, RollStep, Slot } from './model.js';
import { type Turn, currentOf, isAgent, listeningPids, readyAgent } from './turn.js';

/**
 * Replaces all processes, one slot after the other, without a gap: the successor is forked beside the process that serves, takes
 * over once it is ready, and only then the old one is told to end. A successor that fails ends the roll, and the old ones go on. Asked
 * again meanwhile, all begins anew when this one is over.
 */
export function requestRoll(turn: Turn, request: RollRequest): void {
  const { phase, roll } = turn.state;
  if (phase.kind === 'stopping' || phase.kind === 'exited') return;
  if (roll === undefined) return begin(turn, request);
  // Whether the agent has to be replaced was judged by how it runs now: this roll may give it another config meanwhile.
  const isOutdated = request.launch !== undefined && roll.slots.includes('agent');
  const next = merge(roll.next, { ...request, agent: request.agent || isOutdated });
  turn.state = { ...turn.state, roll: { ...roll, next } };
}

/** A failed roll would most likely fail again; who is worn can wait. */
export const WORN_AGAIN_MS = 60_000;

/** Replaces a process that is worn, in its turn. */
export function replaceWorn(turn: Turn, id: number, why: string): void {
  const { lastRoll } = turn.state;
  const hasJustFailed = lastRoll?.failure !== undefined && turn.at - lastRoll.endedAt < WORN_AGAIN_MS;
  if (!hasJustFailed) replaceOne(turn, id, why);
}

/** The same at once, whatever has failed before. */
export function replaceOne(turn: Turn, id: number, why: string): void {
  const { roll } = turn.state;
  const child = turn.child(id);
  if (child?.state.kind !== 'ready' || child.replaced || isAgent(child)) return;
  const { slot } = child;
  const isDue = roll?.slots.includes(slot) === true || (roll?.next !== undefined && isMeant(roll.next, slot));
  if (isDue) return;
  requestRoll(turn, { reason: `${slot} ${why}`, launch: undefined, agent: false, only: [slot] });
}

/** What two have asked for. */
function merge(one: RollRequest | undefined, other: RollRequest): RollRequest {
  if (one === undefined) return other;
  const only = one.only === undefined || other.only === undefined ? undefined : [...one.only, ...other.only];
  return { reason: other.reason, launch: other.launch ?? one.launch, agent: one.agent || other.agent, only };
}

function isMeant({ only, agent }: RollRequest, slot: Slot): boolean {
  return slot === 'agent' ? agent : only === undefined || only.includes(slot);
}

function begin(turn: Turn, request: RollRequest): void {
  const all = turn.state.slots
    .filter(({ slot, retires }) => !retires && isMeant(request, slot))
    .map(({ slot }) => slot);
  const slots = [...all.filter((slot) => slot !== 'agent'), ...all.filter((slot) => slot === 'agent')];
  turn.log('info', 'reload.begun', { reason: request.reason, slots });
  // What they have loaded may be what the others are replaced for.
  if (request.only === undefined) endStandbys(turn);
  const { reason, only, launch = only === undefined ? turn.state.launch : undefined } = request;
  const roll: Roll = { reason, launch, only, beganAt: turn.at, slots, step: { kind: 'begin' }, next: undefined };
  turn.state = { ...turn.state, roll };
}

/** A process was forked to take over. Returns whether it is still wanted. */
export function successorForked(turn: Turn, child: Child): boolean {
  const { roll } = turn.state;
  if (roll?.step.kind !== 'forking' || roll.slots[0] !== child.slot) return false;
  putStep(turn, roll, { kind: 'starting', id: child.id });
  return true;
}

/** The successor is ready: the slot is its own now, and its predecessor ends in order. */
export function takeOver(turn: Turn, successor: Child): void {
  const { roll } = turn.state;
  if (roll?.step.kind !== 'starting' || roll.step.id !== successor.id) return;
  const predecessor = currentOf(turn.state, successor.slot);
  turn.order({ kind: 'take-over', id: successor.id });
  turn.change(successor.id, { takesOver: false });
  // What its predecessors did is not its fault.
  turn.record(successor.slot, {
    streak: 0,
    backoffMs: 0,
    retryAt: undefined,
    launch: launchOf(turn, roll, successor.slot),
    // It hung: that was a crash, and this is the restart that answers it.
    ...(predecessor?.hasHung === true ? { forks: turn.slot(successor.slot).forks + 1 } : {}),
  });
  turn.log('info', 'reload.replaced', {
    slot: successor.slot,
    pid: successor.pid,
    predecessor: predecessor?.pid ?? null,
  });
  if (predecessor === undefined) return nextSlot(turn, roll);
  turn.change(predecessor.id, { replaced: true });
  putStep(turn, roll, { kind: 'draining', id: predecessor.id });
}

/** A process that was to take over can't: who serves goes on serving. */
export function successorFailed(turn: Turn, child: Child, why: string): void {
  stopChild(turn, child, HURRIED_STOP_MS);
  successorEnded(turn, child, why);
}

export function successorEnded(turn: Turn, child: Child, why: string): void {
  const { roll } = turn.state;
  if (roll?.step.kind === 'starting' && roll.step.id === child.id) abort(turn, roll, child.slot, why);
}

/** The agent that was to come after another has never been ready: as for a worker, the roll ends, and its slot stays as it was. */
export function newAgentEnded(turn: Turn, agent: Child, why: string): boolean {
  const { roll, launch } = turn.state;
  if (roll?.step.kind !== 'agent' || agent.replaced || agent.readyAt !== undefined) return false;
  turn.record('agent', { launch });
  abort(turn, roll, 'agent', why);
  return true;
}

/** There is no process that could take over: the kernel refused it. */
export function successorRefused(turn: Turn, slot: Slot, message: string): void {
  const { roll } = turn.state;
  turn.log('error', 'child.fork-failed', { slot, message });
  if (roll?.step.kind === 'forking' && roll.slots[0] === slot)
    abort(turn, roll, slot, `its successor could not be forked: ${message}`);
}

function abort(turn: Turn, roll: Roll, slot: Slot, why: string): void {
  turn.log('error', 'reload.aborted', { reason: roll.reason, slot, why, left: roll.slots });
  // It serves nobody, and may hold what its successor needs.
  const current = currentOf(turn.state, slot);
  if (current?.hung === true) stopChild(turn, current, HURRIED_STOP_MS);
  // Who answers again serves on.
  for (const { id } of turn.state.children.filter((child) => !child.hung && roll.slots.includes(child.slot)))
    turn.change(id, { hasHung: false });
  end(turn, roll, `${slot}: ${why}`);
}

/** Goes on as far as it can. */
export function advanceRoll(turn: Turn): void {
  const { roll, phase } = turn.state;
  if (roll === undefined || phase.kind !== 'running') return;
  const [slot] = roll.slots;
  if (slot === undefined) return complete(turn, roll);
  if (turn.state.slots.find((record) => record.slot === slot)?.retires !== false) {
    nextSlot(turn, roll);
    return advanceRoll(turn);
  }
  switch (roll.step.kind) {
    case 'begin':
      if (slot === 'agent') return replaceAgent(turn, roll);
      putStep(turn, roll, { kind: 'forking' });
      turn.order({ kind: 'fork-successor', slot, launch: launchOf(turn, roll, slot) });
      return;
    case 'forking':
      return;
    case 'starting': {
      // It closed its channel, was told to end, and SIGKILL does not end it.
      const successor = turn.child(roll.step.id);
      if (successor === undefined || !isGivenUp(turn, successor)) return;
      abort(turn, roll, slot, 'it cannot be killed');
      return advanceRoll(turn);
    }
    case 'draining': {
      const predecessor = turn.child(roll.step.id);
      if (predecessor !== undefined && !isGivenUp(turn, predecessor)) return drain(turn, predecessor);
      nextSlot(turn, roll);
      return advanceRoll(turn);
    }
    case 'agent':
      if (readyAgent(turn.state)?.replaced !== false) return;
      nextSlot(turn, roll);
      return advanceRoll(turn);
  }
}

/** SIGKILL did not end it (an uninterruptible wait): its slot has a successor, and others wait for their turn. */
function isGivenUp(turn: Turn, { slot, pid, state }: Child): boolean {
  if (state.kind !== 'killed' || state.giveUpAt > turn.at) return false;
  turn.log('error', 'child.unkillable', { slot, pid });
  return true;
}

function drain(turn: Turn, predecessor: Child): void {
  if (predecessor.state.kind === 'stopping' || predecessor.state.kind === 'killed') return;
  stopChild(turn, predecessor, predecessor.hung ? HURRIED_STOP_MS : turn.policy.appStopMs);
  // Its successor has been announced: nobody is sent to who leaves.
  turn.send('agent', { action: 'egg-pids', data: listeningPids(turn.state) });
}

function replaceAgent(turn: Turn, roll: Roll): void {
  for (const child of turn.state.children) {
    if (!isAgent(child)) continue;
    stopChild(turn, child, turn.policy.agentStopMs);
    turn.change(child.id, { replaced: true });
  }
  // As in a worker's slot: what came before is not its fault, and no reason to wait.
  turn.record('agent', { streak: 0, backoffMs: 0, launch: launchOf(turn, roll, 'agent') });
  putStep(turn, roll, { kind: 'agent' });
}

function launchOf(turn: Turn, roll: Roll, slot: Slot): LaunchId {
  return roll.launch ?? turn.slot(slot).launch;
}

function nextSlot(turn: Turn, roll: Roll): void {
  turn.state = { ...turn.state, roll: { ...roll, slots: roll.slots.slice(1), step: { kind: 'begin' } } };
}

function complete(turn: Turn, roll: Roll): void {
  turn.log('info', 'reload.done', { reason: roll.reason, ms: Math.round(turn.at - roll.beganAt) });
  turn.state = { ...turn.state, launch: roll.launch ?? turn.state.launch };
  end(turn, roll, undefined);
  advanceRoll(turn);
}

function end(turn: Turn, { reason, next }: Roll, failure: string | undefined): void {
  turn.state = { ...turn.state, roll: undefined, lastRoll: { reason, endedAt: turn.at, failure } };
  if (next !== undefined) begin(turn, next);
}

function putStep(turn: Turn, roll: Roll, step: RollStep): void {
  turn.state = { ...turn.state, roll: { ...roll, step } };
}
