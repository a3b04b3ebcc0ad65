/** What the three markers say: as files, and over HTTP. */
export interface Markers {
  readonly started: boolean;
  readonly ready: boolean;
  readonly live: boolean;
}

export type ShownPhase = 'starting' | 'running' | 'reloading' | 'stopping';
export type ShownState = 'gate' | 'starting' | 'ready' | 'stopping' | 'down';

/** The cluster at one moment (design 3): `status.json`, `/status`, and what `/metrics` is made of. */
export interface Snapshot extends Markers {
  readonly apiVersion: 'eggcup/v1';
  readonly phase: ShownPhase;
  readonly pid: number;
  /** When that process was started, in clock ticks since the machine was: a later one may have its pid. `null` without a `/proc`. */
  readonly startTicks: string | null;
  /** Where `pid` is its pid: `pid:[4026531836]`. */
  readonly pidNamespace: string | null;
  /** ISO 8601, as all times here. */
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly address: string | null;
  /** How many app workers there are to be: the plan's, or what was asked for since. */
  readonly workers: number;
  /** How many app workers must listen to be ready. */
  readonly minReady: number;
  readonly plan: { readonly workers: number; readonly heapMiB: number | null; readonly reasons: readonly string[] };
  readonly container: {
    readonly cgroup: 1 | 2 | null;
    readonly cpuQuota: number | null;
    readonly cpuset: number | null;
    readonly memoryLimitBytes: number | null;
  };
  /** Each slot by its current process, or as down; then those that are on their way out. */
  readonly children: readonly ChildSnapshot[];
  /** Processes that wait for the place of an app worker, load what they may, or were told to end. */
  readonly standbys: readonly StandbySnapshot[];
  readonly restartsInWindow: number;
  /** Children that have ended and were not reaped. */
  readonly zombies: number;
}

export interface ChildSnapshot {
  readonly slot: string;
  readonly pid: number | null;
  readonly state: ShownState;
  readonly restarts: number;
  /** `null` where the kernel doesn't tell, and before a process that is not ready has been looked at, which each beat does. */
  readonly rssBytes: number | null;
  readonly since: string;
  /** Messages that did not get to the slot's processes: they did not read, or were gone. */
  readonly messagesDropped: number;
}

export interface StandbySnapshot {
  readonly pid: number;
  readonly state: 'starting' | 'waiting' | 'stopping';
  readonly rssBytes: number | null;
  readonly since: string;
}

/** As `status.json` has it. */
export function toText(snapshot: Snapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`;
}
