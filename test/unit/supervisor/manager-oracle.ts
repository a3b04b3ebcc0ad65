import type { Child, State } from '#eggcup/supervisor/model.js';

/** The Manager check's question asked again: is there an agent and an app worker, or one that may yet be? */
export function isHealthy(state: State, hasAgent: boolean, at: number): boolean {
  const alive = state.children
    .filter((child) => !child.takesOver && mayServe(state, child, at))
    .map(({ slot }) => slot);
  return alive.some((slot) => slot !== 'agent') && (!hasAgent || alive.includes('agent'));
}

function mayServe({ slots, roll }: State, { slot, state, replaced, readyAt }: Child, at: number): boolean {
  if (state.kind === 'ready') return true;
  const isFailedSuccessor = roll?.step.kind === 'agent' && readyAt === undefined && isEnding(state);
  if (slot === 'agent' && (replaced || isFailedSuccessor))
    return state.kind === 'stopping' || (state.kind === 'killed' && at < state.giveUpAt);
  const crashesInARow = slots.find((record) => record.slot === slot)?.streak ?? 0;
  return (state.kind === 'gate' || state.kind === 'starting') && crashesInARow < 2;
}

function isEnding({ kind }: Child['state']): boolean {
  return kind === 'stopping' || kind === 'killed';
}
