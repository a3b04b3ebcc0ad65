import { stopChild } from './shutdown.js';
import type { LaunchId, Roll, Slot, SlotRecord, State } from './model.js';
import { isListening, type Turn } from './turn.js';

/** More is a slip of the hand; the config allows no more either. */
export const MAX_WORKERS = 1024;

type Request = { readonly reason: string } & ({ readonly to: number } | { readonly by: number });

/** Changes how many app workers there are to be. One at least: none at all is what a stop is for. */
export function requestScale(turn: Turn, request: Request): void {
  const { phase, wanted } = turn.state;
  if (phase.kind === 'stopping' || phase.kind === 'exited') return;
  const asked = 'to' in request ? request.to : wanted + request.by;
  const next = Math.min(MAX_WORKERS, Math.max(1, Math.trunc(asked)));
  if (next === wanted && next !== asked)
    turn.log('info', 'scale.refused', { reason: request.reason, from: wanted, to: asked });
  if (next === wanted) return;
  turn.log('info', 'scale.begun', { reason: request.reason, from: wanted, to: next });
  turn.state = { ...turn.state, wanted: next };
}

/** While running, adds what is missing and retires what is too much, after its last request. */
export function advanceScale(turn: Turn): void {
  dropRetired(turn);
  if (turn.state.phase.kind !== 'running') return;
  const active = activeApps(turn.state);
  for (let missing = turn.state.wanted - active.length; missing > 0; missing -= 1) add(turn);
  for (const { slot } of needed(turn.state, active).slice(turn.state.wanted)) retire(turn, slot);
}

/** Those that listen come first, then by number: so there listen as many as before, or as there are to be, also while others start. */
function needed(state: State, active: readonly SlotRecord[]): readonly SlotRecord[] {
  const listens = ({ slot }: SlotRecord): boolean =>
    state.children.some((child) => child.slot === slot && isListening(child));
  return active.toSorted((one, other) => Number(listens(other)) - Number(listens(one)));
}

/** The app workers' slots that stay. */
export function activeApps({ slots }: State): readonly SlotRecord[] {
  return slots.filter(({ slot, retires }) => slot !== 'agent' && !retires);
}

export function newSlot(slot: Slot, at: number, launch: LaunchId): SlotRecord {
  const none = { forks: 0, streak: 0, backoffMs: 0, retryAt: undefined };
  return { slot, ...none, downSince: at, launch, served: false, retires: false };
}

function add(turn: Turn): void {
  const { slots, launch, roll } = turn.state;
  const slot = freeSlot(slots);
  const all = [...slots, newSlot(slot, turn.at, launch)].toSorted((a, b) => numberOf(a.slot) - numberOf(b.slot));
  // What all others are replaced with is due to the new one as well; not so where only some are worn, or hang.
  const joined = roll === undefined || roll.only !== undefined ? roll : { ...roll, slots: beforeAgent(roll, slot) };
  turn.state = { ...turn.state, slots: all, roll: joined };
  turn.order({ kind: 'fork-app', slot, launch });
}

function retire(turn: Turn, slot: Slot): void {
  turn.record(slot, { retires: true, retryAt: undefined });
  turn.order({ kind: 'retire', slot });
  for (const child of turn.state.children.filter((other) => other.slot === slot)) {
    stopChild(turn, child, turn.policy.appStopMs);
    turn.change(child.id, { replaced: true, takesOver: false });
  }
}

function dropRetired(turn: Turn): void {
  const { slots, children } = turn.state;
  const gone = slots.filter(({ slot, retires }) => retires && !children.some((child) => child.slot === slot));
  if (gone.length === 0) return;
  turn.state = { ...turn.state, slots: slots.filter((record) => !gone.includes(record)) };
}

function freeSlot(slots: readonly SlotRecord[]): Slot {
  const taken = new Set(slots.map(({ slot }) => slot));
  for (let index = 0; ; index += 1) if (!taken.has(`app-${index}`)) return `app-${index}`;
}

/** The agent comes first. */
function numberOf(slot: Slot): number {
  return slot === 'agent' ? -1 : Number(slot.slice('app-'.length));
}

/** The agent is last, unless it is its turn already: what is at its step stays the first. */
function beforeAgent({ slots, step }: Roll, slot: Slot): readonly Slot[] {
  const agent = slots.indexOf('agent');
  return agent === -1 || step.kind === 'agent' ? [...slots, slot] : slots.toSpliced(agent, 0, slot);
}
