import { type Change, showChange } from './change.js';

/** What one run of chaos is made of: pure data, drawn from a seed (draw.ts), done to a real master (run.ts). */
export interface Schedule {
  readonly setup: Setup;
  /** From when on times are counted: the start of the master, or its first `ready`. */
  readonly from: 'start' | 'ready';
  /** In the order of their times. */
  readonly faults: readonly Fault[];
  readonly stop: Stop;
}

export interface Setup {
  /** The master is PID 1 of its namespace, or the child of a small init there. */
  readonly role: 'pid1' | 'child';
  /** The programs of test/fixtures/chaos, or an egg application: that has an agent always, and none of their behaviours. */
  readonly program: 'script' | 'egg';
  readonly workers: number;
  readonly minReady: number;
  readonly agent: 'none' | 'loaded' | 'message';
  readonly appReady: 'listening' | 'message';
  readonly http: boolean;
  readonly parallel: 'auto' | 1;
  readonly restartLimit: number;
  readonly failures: number;
  readonly startupMs: number;
  readonly delayMs: number;
  /** `listen.strategy`, or round robin and `listen.sticky`. */
  readonly listen: 'roundRobin' | 'shared' | 'address' | 'header:x-client';
  /** `workers.standby` */
  readonly standby: number;
  /** health.dir is a tmpfs of 64 KiB, so that it can be filled. */
  readonly smallDisk: boolean;
  /** Requests come all the time, and some take long. */
  readonly traffic: boolean;
  readonly appBehaviour: Behaviour & { readonly family: boolean };
  readonly agentBehaviour: Behaviour;
}

/** How a program behaves (test/fixtures/chaos). */
export interface Behaviour {
  readonly startMs: number;
  /** Which loads of it fail, counted over all its processes from 0. */
  readonly throwsAt: readonly number[];
  readonly flood: boolean;
  readonly stubborn: boolean;
}

/**
 * `n` picks one of the processes of that kind which live, round about; `any` is any process below the master. A successor (an app
 * worker that is to take over) and a predecessor (one that ends while its slot has another) are waited for.
 */
export type Target =
  | { readonly kind: 'master' | 'agent' | 'successor' | 'predecessor' }
  | { readonly kind: 'app' | 'any'; readonly n: number };

export type Fault =
  | Change
  | { readonly kind: 'signal'; readonly atMs: number; readonly target: Target; readonly signal: NodeJS.Signals }
  /** SIGSTOP, and SIGCONT later; `null` is never, for children only. */
  | { readonly kind: 'pause'; readonly atMs: number; readonly target: Target; readonly forMs: number | null }
  /** The signal to each process of the kind, again and again. */
  | {
      readonly kind: 'storm';
      readonly atMs: number;
      readonly forMs: number;
      readonly everyMs: number;
      readonly to: 'agent' | 'app' | 'any';
      readonly signal: NodeJS.Signals;
    }
  /** The disk is full, or the master may open no further file. */
  | { readonly kind: 'fill' | 'exhaust'; readonly atMs: number; readonly forMs: number };

/** The end of a run, should the master live to see it. */
export interface Stop {
  readonly atMs: number;
  /** Waits before that, without faults, until everything is ready again. */
  readonly settles: boolean;
  /** Each so long after the one before. */
  readonly signals: readonly { readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT'; readonly afterMs: number }[];
}

export const APP_STOP_MS = 1500;
export const AGENT_STOP_MS = 1000;
export const HEALTH_INTERVAL_MS = 200;

/** For people: what was drawn, a line for each fault. */
export function show({ setup, from, faults, stop }: Schedule): string {
  const how = Object.entries(setup).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const signals = stop.signals.map(({ signal, afterMs }) => `${signal} after ${afterMs} ms`);
  return [
    `  setup: ${how.join(' ')}`,
    `  times from ${from === 'start' ? "the master's start" : 'the first `ready`'}:`,
    ...faults.map(showFault),
    `  at ${stop.atMs} ms: ${stop.settles ? 'when all is ready again, ' : ''}stop by ${signals.join(', ')}`,
  ].join('\n');
}

function showFault(fault: Fault): string {
  const at = `  at ${fault.atMs} ms:`;
  switch (fault.kind) {
    case 'change':
      return `${at} ${showChange(fault)}`;
    case 'signal':
      return `${at} ${fault.signal} to ${showTarget(fault.target)}`;
    case 'pause':
      return `${at} stop ${showTarget(fault.target)} ${fault.forMs === null ? 'for good' : `for ${fault.forMs} ms`}`;
    case 'storm':
      return `${at} ${fault.signal} to every ${fault.to} process each ${fault.everyMs} ms, for ${fault.forMs} ms`;
    case 'fill':
      return `${at} fill the disk for ${fault.forMs} ms`;
    case 'exhaust':
      return `${at} no more descriptors for the master, for ${fault.forMs} ms`;
  }
}

function showTarget(target: Target): string {
  return 'n' in target ? `${target.kind} process ${target.n}` : target.kind;
}
