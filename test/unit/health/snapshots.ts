import type { ChildSnapshot, Snapshot } from '#eggcup/health/snapshot.js';

const since = '2026-01-02T03:04:05.500Z';

export function child(change: Partial<ChildSnapshot> & { readonly slot: string }): ChildSnapshot {
  return { pid: 12, state: 'ready', restarts: 0, rssBytes: 50_000_000, since, messagesDropped: 0, ...change };
}

/** A cluster of one agent and two app workers that runs, in a container with every limit. */
export function snapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    apiVersion: 'eggcup/v1',
    phase: 'running',
    started: true,
    ready: true,
    live: true,
    pid: 1,
    startTicks: '4711',
    pidNamespace: 'pid:[1]',
    startedAt: '2026-01-02T03:04:00.000Z',
    updatedAt: since,
    address: 'http://127.0.0.1:7001',
    workers: 2,
    minReady: 1,
    plan: { workers: 2, heapMiB: 256, reasons: [] },
    container: { cgroup: 2, cpuQuota: 1.5, cpuset: 4, memoryLimitBytes: 2 ** 30 },
    children: [
      child({ slot: 'agent', pid: 11 }),
      child({ slot: 'app-0' }),
      child({ slot: 'app-1', pid: 13, restarts: 3 }),
    ],
    standbys: [],
    restartsInWindow: 2,
    zombies: 1,
    ...change,
  };
}
