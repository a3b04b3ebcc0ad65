import { beginStop } from './shutdown.js';
import type { Child, State } from './model.js';
import { type Turn, appsOf, isAgent } from './turn.js';

/**
 * The Manager check (egg-cluster's startCheck): every interval, is there an agent, is there an app worker?
 * After `failures` bad answers in a row the cluster is an exception (exit 1), for the orchestrator to restart.
 */
export function checkManager(turn: Turn): void {
  const { phase } = turn.state;
  if (phase.kind !== 'running') return;
  if (turn.at < phase.nextCheckAt) {
    // The interval may have become shorter since.
    const nextCheckAt = turn.at + turn.policy.checkIntervalMs;
    if (nextCheckAt < phase.nextCheckAt) turn.state = { ...turn.state, phase: { ...phase, nextCheckAt } };
    return;
  }

  const agent = turn.state.children.some((child) => isAgent(child) && isAlive(turn, child));
  const workers = appsOf(turn.state).filter((child) => !child.takesOver && isAlive(turn, child)).length;
  const healthy = workers > 0 && (agent || !turn.policy.hasAgent);
  const failedChecks = healthy ? 0 : phase.failedChecks + 1;
  turn.state = {
    ...turn.state,
    phase: { ...phase, failedChecks, nextCheckAt: turn.at + turn.policy.checkIntervalMs },
  };
  if (healthy) return;

  const fields = { agent: agent ? 1 : 0, workers, failures: failedChecks, limit: turn.policy.checkFailures };
  turn.log('warn', 'manager.check-failed', fields);
  if (failedChecks < turn.policy.checkFailures) return;
  turn.log('error', 'manager.exception', { error: 'ClusterWorkerExceptionError', ...fields });
  beginStop(turn, {
    exitCode: 1,
    reason: `the Manager check failed ${failedChecks} times in a row: ${turn.policy.hasAgent ? `${fields.agent} agent, ` : ''}${workers} app workers`,
  });
}

/**
 * Ready counts, and so does a first replacement that is still on its way, however slowly it starts
 * (`startup.timeout` bounds it). A slot whose replacement has crashed too is in a crash loop and does not. An agent that
 * makes room for another, which can't be started beside it, is no failure either, as long as that may take.
 */
function isAlive({ state, at }: Turn, child: Child): boolean {
  switch (child.state.kind) {
    case 'ready':
      return true;
    case 'gate':
    case 'starting':
      return state.slots.some((record) => record.slot === child.slot && record.streak <= 1);
    case 'stopping':
      return makesRoom(state, child);
    case 'killed':
      return makesRoom(state, child) && at < child.state.giveUpAt;
    case 'leaving':
      return false;
  }
}

/** For its successor in a roll; or it is that one, has failed, and the one before it comes back. */
function makesRoom({ roll }: State, child: Child): boolean {
  return isAgent(child) && (child.replaced || (roll?.step.kind === 'agent' && child.readyAt === undefined));
}
