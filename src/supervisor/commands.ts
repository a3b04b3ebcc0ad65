import type { ExitCode, LaunchId, Slot, State } from './model.js';

export type Recipient = 'parent' | 'agent' | 'apps' | { readonly id: number };

/** What the supervisor orders; the executor does it. */
export type Command =
  | { readonly kind: 'fork-agent'; readonly launch: LaunchId }
  | { readonly kind: 'fork-apps'; readonly count: number }
  /** Tries a fork again that failed. */
  | { readonly kind: 'refork-app'; readonly slot: Slot }
  /** Finds out what a process is doing that hangs. */
  | { readonly kind: 'examine'; readonly id: number }
  /** It answers again: what has looked at it lets go. */
  | { readonly kind: 'end-examination'; readonly id: number }
  /** Forks the first process of a slot that is new. */
  | { readonly kind: 'fork-app'; readonly slot: Slot; readonly launch: LaunchId }
  /** Nobody replaces this slot's processes any more. */
  | { readonly kind: 'retire'; readonly slot: Slot }
  /** Forks a second process for a slot, which takes over once it is ready. Nobody replaces it before. */
  | { readonly kind: 'fork-successor'; readonly slot: Slot; readonly launch: LaunchId }
  /** Forks a process that waits, until one is needed in the place of an app worker. */
  | { readonly kind: 'fork-standby'; readonly launch: LaunchId }
  /** SIGKILL to a standby, unless it has got a place meanwhile. */
  | { readonly kind: 'end-standby'; readonly id: number }
  /** From now on this process is the one that is replaced when it ends, and its predecessor is not. */
  | { readonly kind: 'take-over'; readonly id: number }
  /** Whether cfork replaces app workers that end. */
  | { readonly kind: 'allow-refork'; readonly allowed: boolean }
  | { readonly kind: 'open-gate'; readonly id: number }
  /** The child serves on, but its clients are asked to come over another connection next time. */
  | { readonly kind: 'lame-duck'; readonly id: number }
  /** The child may close its channel, and is replaced then, while it finishes what it has. */
  | { readonly kind: 'let-go'; readonly id: number }
  /** SIGTERM to the child; what it leaves behind is ended after it. */
  | { readonly kind: 'terminate'; readonly id: number }
  /** SIGKILL to the child and to all its descendants. */
  | { readonly kind: 'kill'; readonly id: number }
  | { readonly kind: 'send'; readonly to: Recipient; readonly message: Announcement }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly event: LogEvent; readonly fields: Fields }
  | { readonly kind: 'exit'; readonly code: ExitCode; readonly reason: string };

/** What the master tells others by itself (egg-cluster's words); the executor adds what only it knows. */
export type Announcement =
  | { readonly action: 'egg-pids'; readonly data: readonly number[] }
  | { readonly action: 'egg-ready' | 'agent-start' | 'agent-worker-died' | 'app-worker-died' };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export type Fields = Readonly<Record<string, unknown>>;

/** The supervisor's lines in the log; docs/log-events.md says what each means. */
export type LogEvent =
  | 'child.forked'
  | 'child.ready'
  | 'child.unready'
  | 'child.leaving'
  | 'child.start-failed'
  | 'child.start-timeout'
  | 'child.disconnected'
  | 'child.hung'
  | 'child.answers'
  | 'child.exited'
  | 'child.fork-failed'
  | 'child.killed'
  | 'child.unkillable'
  | 'standby.forked'
  | 'standby.failed'
  | 'standby.exited'
  | 'standby.fork-failed'
  | 'cluster.ready'
  | 'master.late'
  | 'scale.begun'
  | 'scale.refused'
  | 'reload.begun'
  | 'reload.replaced'
  | 'reload.done'
  | 'reload.aborted'
  | 'manager.check-failed'
  | 'manager.exception'
  | 'stop.begun'
  | 'stop.hurried'
  | 'stop.forced'
  | 'stop.done';

export interface Step {
  readonly state: State;
  readonly commands: readonly Command[];
}
