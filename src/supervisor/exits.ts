import { crashed, failStart, countCrash } from './crashes.js';
import type { Event } from './events.js';
import type { Child } from './model.js';
import { newAgentEnded, successorEnded } from './roll.js';
import { type Turn, isToldToEnd, isAgent, listeningPids } from './turn.js';

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
  if (!app.replaced) countCrash(turn, app, why);
}

/** Node.js, "Exit codes". An application may use it for something else. */
const INVALID_ARGUMENT = 9;
const REFUSED_OPTION = ', with which Node.js refuses an option (app.nodeOptions, NODE_OPTIONS)';

function exitText(code: number | null, signal: string | null, cause: string | undefined): string {
  if (signal === null) return `it exited with code ${code}${code === INVALID_ARGUMENT ? REFUSED_OPTION : ''}`;
  return cause === undefined ? `it was ended by ${signal}` : `it was ended by ${signal}, ${cause}`;
}
