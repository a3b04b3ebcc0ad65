import type { Child, LaunchId, Policy, Slot, State } from './model.js';
import { activeApps } from './scale.js';
import { appsOf, currentOf, isListening } from './turn.js';

/** Whether the cluster takes traffic: the file `ready`. */
export function isReady(state: State, policy: Policy): boolean {
  return state.phase.kind === 'running' && listening(state) >= minReadyOf(state, policy);
}

/** How many app workers must listen. While there are to be more, those that never have do not count yet. */
export function minReadyOf(state: State, { minReady }: Policy): number {
  const counted = activeApps(state).filter(({ served }) => served || !hasStarted(state));
  return minReadyAmong(minReady, counted.length);
}

/** At least one and never more than there are: a cluster that is whole is ready. */
export function minReadyAmong(minReady: Policy['minReady'], workers: number): number {
  const count = minReady.kind === 'count' ? minReady.value : Math.ceil(minReady.value * workers);
  return Math.max(1, Math.min(workers, count));
}

/** Whether the master is well: the file `live`. It goes before a stop that the Manager check caused. */
export function isLive(state: State): boolean {
  return !(state.phase.kind === 'stopping' && state.phase.exitCode === 1) && state.phase.kind !== 'exited';
}

/** Whether egg-ready has happened: the file `started`. */
export function hasStarted(state: State): boolean {
  return state.startedAt !== undefined;
}

export function listening(state: State): number {
  return appsOf(state).filter((child) => isListening(child)).length;
}

/** What a process may still be started with; nobody asks for the others again. */
export function launchesInUse({ launch, slots, roll }: State): ReadonlySet<LaunchId | undefined> {
  return new Set([launch, roll?.launch, roll?.next?.launch, ...slots.map((record) => record.launch)]);
}

export interface ChildView {
  readonly slot: Slot;
  readonly pid: number | null;
  readonly state: 'gate' | 'starting' | 'ready' | 'stopping' | 'down';
  readonly restarts: number;
  readonly since: number;
}

export interface StandbyView {
  readonly pid: number;
  readonly state: 'starting' | 'waiting' | 'stopping';
  readonly since: number;
}

/** Each slot once, by its current process or as down; then those that are on their way out. */
export function childViews(state: State): readonly ChildView[] {
  const staying = state.slots.filter(({ retires }) => !retires);
  const current = staying.map(({ slot, forks, downSince }): ChildView => {
    const restarts = Math.max(0, forks - 1);
    const child = currentOf(state, slot);
    if (child === undefined) return { slot, pid: null, state: 'down', restarts, since: downSince };
    return { slot, pid: child.pid, state: shownState(child), restarts, since: child.since };
  });
  const shown = new Set(current.map((view) => view.pid));
  const others = state.children
    .filter((child) => !shown.has(child.pid))
    .map((child): ChildView => {
      const restarts = Math.max(0, (state.slots.find(({ slot }) => slot === child.slot)?.forks ?? 1) - 1);
      return { slot: child.slot, pid: child.pid, state: shownState(child), restarts, since: child.since };
    });
  return [...current, ...others];
}

/** Who hangs is on its way out, as far as anybody can use it. */
function shownState({ state, hung }: Child): ChildView['state'] {
  if (hung) return 'stopping';
  switch (state.kind) {
    case 'gate':
    case 'starting':
    case 'ready':
      return state.kind;
    case 'leaving':
    case 'stopping':
    case 'killed':
      return 'stopping';
  }
}

/** Those that are to wait for the place of an app worker, and those that were told to end. */
export function standbyViews({ standbys }: State): readonly StandbyView[] {
  return standbys.processes.map((standby) => ({
    pid: standby.pid,
    state: standby.state.kind === 'killed' ? 'stopping' : standby.state.kind,
    since: standby.since,
  }));
}

export function shownPhase({ phase, roll }: State): 'starting' | 'running' | 'reloading' | 'stopping' {
  if (phase.kind === 'running' && roll !== undefined) return 'reloading';
  return phase.kind === 'exited' ? 'stopping' : phase.kind;
}

export function restartsInWindow(state: State, policy: Policy, now: number): number {
  return state.crashes.filter((time) => now - time <= policy.restartWindowMs).length;
}

/** Whether the application runs in it, so that its messages are heard: also while it drains its last requests. */
export function isPastGate({ state, readyAt }: Child): boolean {
  return state.kind === 'starting' || state.kind === 'ready' || (state.kind === 'stopping' && readyAt !== undefined);
}
