import type { Child } from './model.js';
import { type Turn, appsOf, isAgent, readyAgent } from './turn.js';

/**
 * Opens the gates that may be opened: a child's back-off is over, the agent is there (egg's order:
 * the agent is ready before an application is loaded) and not too many load at the same time.
 */
export function openGates(turn: Turn): void {
  const { phase } = turn.state;
  if (phase.kind !== 'starting' && phase.kind !== 'running') return;
  for (const child of turn.state.children) {
    if (child.state.kind === 'gate' && child.state.notBefore <= turn.at && mayStart(turn, child)) openGate(turn, child);
  }
}

function mayStart(turn: Turn, child: Child): boolean {
  if (isAgent(child)) return true;
  if (turn.policy.hasAgent && readyAgent(turn.state) === undefined) return false;
  // Who has been ready before, and only closed its server, loads nothing.
  const isLoading = ({ state, readyAt }: Child): boolean => state.kind === 'starting' && readyAt === undefined;
  return appsOf(turn.state).filter(isLoading).length < turn.policy.parallelStarts;
}

function openGate(turn: Turn, child: Child): void {
  turn.put(child, { kind: 'starting', deadline: turn.at + turn.policy.startupMs });
  turn.order({ kind: 'open-gate', id: child.id });
}
