import cluster, { type Worker } from 'node:cluster';

/** When cfork replaces a worker. */
export const REFORKING = ['disconnect', 'exit'] as const;

export interface AroundCfork {
  /** Before cfork hears of it. */
  readonly before: (worker: Worker) => void;
  /** The kernel refused the successor; returns whether that is all right. */
  readonly refused: (worker: Worker, error: Error) => boolean;
}

/** Everybody who hears by now that a worker ends. */
export function listenersNow(): ReadonlySet<unknown> {
  return new Set(REFORKING.flatMap((event) => cluster.listeners(event)));
}

/**
 * Puts others around the listeners that have come since. Node tells of some refusals of the kernel's by an event and throws the others (ENOMEM): out
 * of cfork's listeners, where nobody catches.
 */
export function wrapSince(known: ReadonlySet<unknown>, { before, refused }: AroundCfork): void {
  for (const event of REFORKING)
    for (const listener of cluster.listeners(event).filter((other) => !known.has(other))) {
      cluster.off(event, listener as () => void);
      cluster.on(event, (worker: Worker, ...rest: unknown[]) => {
        before(worker);
        try {
          Reflect.apply(listener, cluster, [worker, ...rest]);
        } catch (error) {
          if (!isRefusedFork(error) || !refused(worker, error)) throw error;
        }
      });
    }
}

/** As Node throws it (child_process, `spawn`). */
function isRefusedFork(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'spawn';
}
