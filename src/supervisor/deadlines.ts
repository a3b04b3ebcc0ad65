import type { Child, Phase, SlotRecord, Standby, StandbyState, Standbys, State } from './model.js';

/** SIGKILL is not refused, but a process in an uninterruptible wait answers late or never. */
export const GIVE_UP_MS = 5000;

/** The nearest moment at which time alone changes something, or `undefined`; all up to `now` has been answered. One timer is armed for it. */
export function nextDeadline(state: State, now: number): number | undefined {
  const times = [
    ...ofPhase(state.phase),
    ...state.children.flatMap((child) => ofChild(child, state, now)),
    ...state.slots.flatMap((record) => ofSlot(record, state.phase)),
    ...ofStandbys(state.standbys, state.phase),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}

function ofPhase(phase: Phase): number[] {
  switch (phase.kind) {
    case 'starting':
      return [phase.deadline];
    case 'running':
      return [phase.nextCheckAt];
    case 'stopping':
      return phase.stage.kind === 'delay' ? [phase.stage.until] : [];
    case 'exited':
      return [];
  }
}

function ofChild(child: Child, { phase, roll }: State, now: number): number[] {
  switch (child.state.kind) {
    case 'gate':
      // Past its back-off a child waits for others, not for the clock.
      return child.state.notBefore > now && phase.kind !== 'stopping' ? [child.state.notBefore] : [];
    case 'starting':
      return phase.kind === 'running' ? [child.state.deadline] : [];
    case 'ready':
      return [];
    case 'leaving':
    case 'stopping':
      return [child.state.killAt];
    case 'killed':
      return phase.kind === 'stopping' || isAwaited(child, roll) ? [child.state.giveUpAt] : [];
  }
}

function isAwaited({ id }: Child, roll: State['roll']): boolean {
  return (roll?.step.kind === 'draining' || roll?.step.kind === 'starting') && roll.step.id === id;
}

/** A retry that a stop has overtaken never comes: as a deadline it would pass again and again. */
function ofSlot(record: SlotRecord, phase: Phase): number[] {
  return record.retryAt === undefined || phase.kind !== 'running' ? [] : [record.retryAt];
}

function ofStandbys({ processes, retryAt }: Standbys, phase: Phase): number[] {
  const bounds = processes.flatMap(({ state }) => boundOf(state, phase));
  return phase.kind === 'running' && retryAt !== undefined ? [...bounds, retryAt] : bounds;
}

/** Only a stop waits for one that was killed. */
function boundOf(state: StandbyState, phase: Phase): number[] {
  if (state.kind === 'starting' && phase.kind === 'running') return [state.deadline];
  return state.kind === 'killed' && phase.kind === 'stopping' ? [state.giveUpAt] : [];
}

/**
 * The same with so much more time for everybody who is bounded. The master has stood still (SIGSTOP, a frozen or throttled
 * container): what its children did meanwhile it is yet to hear, and they may have stood still too.
 */
export function postpone(state: State, ms: number): State {
  const { phase } = state;
  return {
    ...state,
    phase: phase.kind === 'starting' ? { ...phase, deadline: phase.deadline + ms } : phase,
    children: state.children.map((child) => ({ ...child, state: later(child.state, ms) })),
    standbys: { ...state.standbys, processes: state.standbys.processes.map((standby) => putOff(standby, ms)) },
  };
}

function later(state: Child['state'], ms: number): Child['state'] {
  switch (state.kind) {
    case 'starting':
      return { ...state, deadline: state.deadline + ms };
    case 'leaving':
    case 'stopping':
      return { ...state, killAt: state.killAt + ms };
    case 'killed':
      return { ...state, giveUpAt: state.giveUpAt + ms };
    case 'gate':
    case 'ready':
      return state;
  }
}

function putOff(standby: Standby, ms: number): Standby {
  return { ...standby, state: laterStandby(standby.state, ms) };
}

function laterStandby(state: StandbyState, ms: number): StandbyState {
  switch (state.kind) {
    case 'starting':
      return { ...state, deadline: state.deadline + ms };
    case 'killed':
      return { ...state, giveUpAt: state.giveUpAt + ms };
    case 'waiting':
      return state;
  }
}
