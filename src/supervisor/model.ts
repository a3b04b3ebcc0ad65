/**
 * What the supervisor knows: pure data, imported by everyone, importing nothing. (What it is told: events.ts; what it orders:
 * commands.ts.) Times are milliseconds of one monotonic clock.
 */

/** Where a process belongs. A slot outlives its processes: `app-0` is forked again as `app-0`. */
export type Slot = 'agent' | `app-${number}`;

/** Stands for a way to start processes: the executor knows which. The first is 0; each config that is read anew gets one. */
export type LaunchId = number;

/** Decided from the config and the plan, at boot and whenever the config is read anew. All durations in milliseconds. */
export interface Policy {
  /** How many app workers there are at first. */
  readonly workers: number;
  readonly hasAgent: boolean;
  /** How many app workers may load the application at the same time. */
  readonly parallelStarts: number;
  readonly startupMs: number;
  readonly checkIntervalMs: number;
  readonly checkFailures: number;
  /** `ready` while at least this many app workers listen, or this share of them. */
  readonly minReady: { readonly kind: 'count' | 'share'; readonly value: number };
  readonly restartLimit: number;
  readonly restartWindowMs: number;
  readonly backoffInitialMs: number;
  readonly backoffMaxMs: number;
  readonly delayMs: number;
  readonly appStopMs: number;
  readonly agentStopMs: number;
  /** How many processes wait for the place of an app worker. */
  readonly standbys: number;
}

/** See design "Exit codes". 0 and 15 are the two ends of a stop that was asked for. */
export type ExitCode = 0 | 1 | 10 | 11 | 12 | 13 | 14 | 15 | 70;

export type ChildState =
  /** Waits before it loads the application: for its back-off, for the agent, for a free start. */
  | { readonly kind: 'gate'; readonly notBefore: number }
  | { readonly kind: 'starting'; readonly deadline: number }
  | { readonly kind: 'ready' }
  /** Ends by itself and drains: it closed its channel (as `graceful` does after an uncaught exception), or somebody else has told it to. */
  | { readonly kind: 'leaving'; readonly killAt: number }
  /** Was told to end. */
  | { readonly kind: 'stopping'; readonly killAt: number }
  | { readonly kind: 'killed'; readonly giveUpAt: number };

/** One living process. */
export interface Child {
  readonly id: number;
  readonly slot: Slot;
  readonly pid: number;
  readonly since: number;
  /** When it became ready; it is kept when the process leaves, for the judgement of its crash. */
  readonly readyAt: number | undefined;
  /** Its successor comes or is there, while it has not ended yet: its crash is counted, or it is no crash. */
  readonly replaced: boolean;
  /** Its event loop is silent: it counts as not listening, and gets no time to drain. */
  readonly hung: boolean;
  /** What it is in has been counted as a crash: its end, if it is told to end for that, is no other one. */
  readonly crashCounted: boolean;
  /** It has hung since it was last decided that it stays: its successor is a restart. */
  readonly hasHung: boolean;
  /** It was forked to take over from the process that its slot has: until then it is nobody's. */
  readonly takesOver: boolean;
  /** Why it may never be ready: `listening on http://127.0.0.1:8080, not on port 3000`. */
  readonly whyNotReady: string | undefined;
  /** What was wrong with it before it ended: its exit alone may say nothing. */
  readonly trouble: string | undefined;
  /** Processes that it had started and that have outlived it: it counts as there until they have ended. */
  readonly outlivedBy: string | undefined;
  readonly state: ChildState;
}

/** A process that waits for the place of an app worker, with nothing of the application in it. It is nobody's child until it has a slot. */
export interface Standby {
  readonly id: number;
  readonly pid: number;
  readonly since: number;
  readonly state: StandbyState;
}

export type StandbyState =
  /** Loads what it may. */
  | { readonly kind: 'starting'; readonly deadline: number }
  /** Can be used. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'killed'; readonly giveUpAt: number };

export interface Standbys {
  readonly processes: readonly Standby[];
  /** One was ordered. */
  readonly isForking: boolean;
  /** When another is tried, after one that could not be had or did not stay. */
  readonly retryAt: number | undefined;
}

/** What is remembered of a slot from one process to the next. */
export interface SlotRecord {
  readonly slot: Slot;
  readonly forks: number;
  /** Crashes in a row. */
  readonly streak: number;
  readonly backoffMs: number;
  /** When a fork that the kernel refused is tried again. */
  readonly retryAt: number | undefined;
  /** Since when the slot is without a process. */
  readonly downSince: number;
  /** What its processes are started with. */
  readonly launch: LaunchId;
  /** One of its processes has been ready: a slot that is new counts from then on. */
  readonly served: boolean;
  /** There are to be fewer app workers: it goes with its last process. */
  readonly retires: boolean;
}

export type Stage =
  | { readonly kind: 'delay'; readonly until: number }
  | { readonly kind: 'apps' }
  | { readonly kind: 'agent' };

export interface Stopping {
  readonly kind: 'stopping';
  readonly stage: Stage;
  readonly exitCode: ExitCode;
  readonly reason: string;
  /** Whose crash has caused it, while nobody has told what that was: a channel closes before the exit is known. */
  readonly unexplained: Slot | undefined;
  /** What had to be killed, for the reason of 15. */
  readonly killed: readonly string[];
  /** How often somebody has asked: the second shortens, the third kills. */
  readonly requests: number;
  readonly appStopMs: number;
  readonly agentStopMs: number;
}

export type Phase =
  | { readonly kind: 'starting'; readonly deadline: number }
  | { readonly kind: 'running'; readonly nextCheckAt: number; readonly failedChecks: number }
  | Stopping
  | { readonly kind: 'exited'; readonly exitCode: ExitCode };

/** A replacement of all processes, one slot after the other. */
export interface Roll {
  readonly reason: string;
  /** `undefined` is each slot's own. */
  readonly launch: LaunchId | undefined;
  /** The only slots that were meant; `undefined` is all. */
  readonly only: readonly Slot[] | undefined;
  readonly beganAt: number;
  /** Whose turn has not ended; the first is at `step`. */
  readonly slots: readonly Slot[];
  readonly step: RollStep;
  /** Somebody has asked again meanwhile: what was replaced may be old already. */
  readonly next: RollRequest | undefined;
}

export type RollStep =
  | { readonly kind: 'begin' }
  /** The successor was ordered. */
  | { readonly kind: 'forking' }
  /** The successor starts, its predecessor serves. */
  | { readonly kind: 'starting'; readonly id: number }
  /** The successor serves, its predecessor finishes what it has. */
  | { readonly kind: 'draining'; readonly id: number }
  /** There can't be two agents: the old one ends, then the new one starts. */
  | { readonly kind: 'agent' };

export interface RollRequest {
  readonly reason: string;
  /** What the new processes are started with; `undefined` is as the last complete roll's, or each as its predecessor where `only` names slots. */
  readonly launch: LaunchId | undefined;
  /** Whether the agent is replaced too, after the app workers. */
  readonly agent: boolean;
  /** The only slots whose process is replaced; `undefined` is all. */
  readonly only?: readonly Slot[] | undefined;
}

export interface RollResult {
  readonly reason: string;
  readonly endedAt: number;
  /** Why it was given up, if it was. */
  readonly failure: string | undefined;
}

export interface State {
  readonly phase: Phase;
  /** Goes on only while running. */
  readonly roll: Roll | undefined;
  readonly lastRoll: RollResult | undefined;
  /** Of the last roll that was completed. */
  readonly launch: LaunchId;
  /** How many app workers there are to be; those there are follow while running. */
  readonly wanted: number;
  readonly children: readonly Child[];
  readonly slots: readonly SlotRecord[];
  readonly standbys: Standbys;
  /** When processes crashed, within the restart window. */
  readonly crashes: readonly number[];
  /** When egg-ready happened, once. */
  readonly startedAt: number | undefined;
}
