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
