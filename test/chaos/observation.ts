import { constants } from 'node:os';
import type { LogLine, StatusFile } from '../helpers/cluster.js';
import type { ConfigFile } from './change.js';
import type { Target } from './schedule.js';

/** All that was seen of one run, from outside: what the invariants (invariants.ts) judge. Times are ms since the master's start. */
export interface Observation {
  readonly samples: readonly Sample[];
  readonly deliveries: readonly Delivery[];
  /** What the config file was made to say. */
  readonly files: readonly { readonly at: number; readonly file: ConfigFile }[];
  readonly traffic: TrafficSeen;
  /** Of the health endpoints' `/status`, where they are on. */
  readonly probes: readonly Probe[];
  /** Times from which on something was used up (disk, descriptors), or nothing any more. */
  readonly scarcity: readonly { readonly at: number; readonly isScarce: boolean }[];
  /** `undefined`: it had not ended when the run's patience was over. */
  readonly end: { readonly at: number; readonly code: number } | undefined;
  /** Whether all was ready again after the faults, where the schedule waits for it. */
  readonly settled: 'yes' | 'no' | 'not asked';
  readonly termination: string;
  readonly log: readonly (LogLine & { readonly at: number })[];
  /** Everything that was printed, the log too. */
  readonly output: string;
  /** After the end. */
  readonly leftFiles: readonly string[];
  readonly leftProcesses: readonly LeftProcess[];
}

/** What became of requests to the application. */
export interface TrafficSeen {
  readonly answered: number;
  readonly lost: readonly {
    readonly sentAt: number;
    readonly at: number;
    readonly path: string;
    readonly why: string;
  }[];
}

export interface LeftProcess {
  readonly pid: number;
  readonly kind: SeenProcess['kind'];
  readonly name: string;
}

/** One look at everything. */
export interface Sample {
  readonly at: number;
  /** The state letter of proc(5): `T` is stopped. */
  readonly masterState: string;
  readonly ready: boolean;
  readonly started: boolean;
  /** Of the file's mtime; `undefined` without a file. */
  readonly liveAgeMs: number | undefined;
  readonly status: StatusFile | 'absent' | 'broken';
  /** Below the master, with their pids as the master knows them. */
  readonly processes: readonly SeenProcess[];
}

export interface SeenProcess {
  readonly pid: number;
  readonly kind: 'agent' | 'app' | 'other';
  /** Not somebody's further down. */
  readonly isChild: boolean;
  readonly state: string;
  /** Within 20 ms. */
  readonly startedAt: number;
  /** The APP_VERSION of an app worker or agent. */
  readonly version: string | undefined;
}

export interface Probe {
  readonly at: number;
  /** `undefined` when nobody answered in time. */
  readonly answer: { readonly code: number; readonly body: string } | undefined;
}

/** A signal that was sent. */
export interface Delivery {
  readonly at: number;
  readonly to: Target['kind'];
  readonly pid: number;
  readonly kind: 'master' | SeenProcess['kind'];
  readonly signal: NodeJS.Signals;
  /** Whether eggcup was already there to hear it. A little earlier a signal may end the master, be lost or be heard. */
  readonly isHeard: boolean;
}

const STOP: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);

/** When the master was first asked to stop, and heard it for certain. */
export function askedAt({ deliveries }: Observation): number | undefined {
  return deliveries.find((delivery) => asksForStop(delivery) && delivery.isHeard)?.at;
}

/** Whether it may have heard somebody ask for a stop. */
export function wasAsked({ deliveries }: Observation): boolean {
  return deliveries.some(asksForStop);
}

function asksForStop({ kind, signal }: Delivery): boolean {
  return kind === 'master' && STOP.has(signal);
}

/** Killed by a signal that nobody can catch, or that came before eggcup's first line of code ran. */
export function wasKilled({ deliveries, end, termination }: Observation): boolean {
  return deliveries.some(({ kind, signal, isHeard }) => {
    const ends = signal === 'SIGKILL' || (!isHeard && termination === '');
    return kind === 'master' && ends && end?.code === 128 + constants.signals[signal];
  });
}
