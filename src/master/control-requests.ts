import type { Answerer } from '../control/connection.js';
import type { ControlAnswer, Refusal } from '../control/protocol.js';
import type { Cluster } from './cluster.js';

/** What the master answers to those who may ask. `readAgain` does what SIGHUP does; it returns all that is wrong with the config. */
export function answersOf(cluster: Cluster, readAgain: (reason: string) => readonly string[]): Answerer {
  return (request) => {
    switch (request.request) {
      case 'status':
        return { ok: true, status: cluster.status };
      case 'reload':
        return reload(cluster, request.wait, readAgain);
      case 'scale':
        return scale(cluster, request.workers);
    }
  };
}

async function reload(
  cluster: Cluster,
  wait: boolean,
  readAgain: (reason: string) => readonly string[],
): Promise<ControlAnswer> {
  if (cluster.status.phase === 'stopping') return STOPPING;
  const problems = readAgain('eggcup reload');
  if (problems.length > 0)
    return { ok: false, code: 'config', message: 'the config is wrong; nothing has changed', problems };
  if (!wait) return { ok: true, reload: 'begun' };
  const result = await cluster.endOfRoll();
  if (result === undefined) return STOPPING;
  const { failure } = result;
  if (failure === undefined) return { ok: true, reload: 'done' };
  return { ok: false, code: 'aborted', message: `${failure}; who served before goes on` };
}

function scale(cluster: Cluster, to: number): ControlAnswer {
  const { phase, workers: from } = cluster.status;
  if (phase === 'stopping') return STOPPING;
  const warnings = cluster.scaleTo(to, 'eggcup scale');
  return { ok: true, from, to, startupMs: cluster.startupMs, warnings };
}

const STOPPING: Refusal = { ok: false, code: 'stopping', message: 'the cluster stops' };
