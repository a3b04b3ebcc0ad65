import { METRICS_TYPE, renderMetrics } from './metrics.js';
import { type Markers, type Snapshot, toText } from './snapshot.js';

export interface Reply {
  readonly status: 200 | 404 | 405 | 503;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const ALLOWED = 'GET, HEAD';
const PLAIN = 'text/plain; charset=utf-8';
const PATHS = '/started, /ready, /live, /status and /metrics';

/** What is answered to a request. `undefined` is a cluster of which nothing is known yet. */
export function replyTo(method: string, url: string, snapshot: Snapshot | undefined): Reply {
  const [path = ''] = url.split('?', 1);
  const answer = ANSWERS.get(path);
  if (answer === undefined) return { status: 404, type: PLAIN, body: `there is only ${PATHS}` };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, type: PLAIN, body: `${path} takes ${ALLOWED}`, allow: ALLOWED };
  if (snapshot === undefined) return { status: 503, type: PLAIN, body: 'eggcup is booting' };
  return answer(snapshot);
}

const ANSWERS: ReadonlyMap<string, (snapshot: Snapshot) => Reply> = new Map([
  ['/started', (snapshot: Snapshot) => marker('started', snapshot)],
  ['/ready', (snapshot: Snapshot) => marker('ready', snapshot)],
  ['/live', (snapshot: Snapshot) => marker('live', snapshot)],
  ['/status', (snapshot: Snapshot): Reply => ({ status: 200, type: 'application/json', body: toText(snapshot) })],
  ['/metrics', (snapshot: Snapshot): Reply => ({ status: 200, type: METRICS_TYPE, body: renderMetrics(snapshot) })],
]);

function marker(name: keyof Markers, snapshot: Snapshot): Reply {
  if (snapshot[name]) return { status: 200, type: PLAIN, body: 'ok' };
  const { phase, children, workers, minReady } = snapshot;
  const listening = children.filter(({ slot, state }) => slot !== 'agent' && state === 'ready').length;
  const wanted =
    name === 'ready' && (phase === 'running' || phase === 'reloading') ? `, ${minReady} must (health.minReady)` : '';
  const counted = `${listening} of ${workers} app workers listen`;
  return { status: 503, type: PLAIN, body: `not ${name}: ${phase}; ${counted}${wanted}` };
}
