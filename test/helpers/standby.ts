import type { Cluster } from './cluster.js';
import { until } from './until.js';

/** The process that waits for the place of an app worker, another one than `but`. */
export function untilStandby(cluster: Cluster, but?: number): Promise<number> {
  return until('a process on standby', () => {
    const found = cluster.status()?.standbys.find(({ state }) => state === 'waiting')?.pid;
    return found === but ? undefined : found;
  });
}
