import type { Task, ToChild } from '../ipc/protocol.js';

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
  /** Sent at once, to be done while the gate is shut. */
  readonly prepare: ToChild | undefined;
  /** Sent when the gate opens. */
  readonly task: Task;
}
