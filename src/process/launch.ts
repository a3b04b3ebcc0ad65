import type { Task } from '../ipc/protocol.js';

/** How a child is started, and what it is told over its channel. */
export interface Launch {
  readonly exec: string;
  readonly args: string[];
  readonly execArgv: string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** In milliseconds, the silence of its event loop after which it counts as hung; `undefined` is never, and it sends no beats. */
  readonly hungAfterMs: number | undefined;
  /** Its `--max-old-space-size`, in MiB; `undefined` where V8 decides. */
  readonly heapMiB: number | undefined;
  /** The framework's file, where it may be loaded while the gate is shut. */
  readonly framework: string | undefined;
  /** Sent when the gate opens. */
  readonly task: Task;
}

/**
 * Whether a process that is started so hears its master from its first line on, so that nothing that it is told before can get lost: a script's does, for what is preloaded
 * (`--require`) has run before Node looks at the channel. A framework's main module may be read long after that.
 */
export function hearsAll({ task }: Launch): boolean {
  return task.kind === 'script';
}
