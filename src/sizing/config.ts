import type { Config } from '../config/schema.js';
import { heapIn } from './heap-option.js';

export interface SizingConfig {
  readonly count: 'auto' | number;
  readonly min: number;
  readonly max: number;
  readonly rounding: 'floor' | 'round' | 'ceil';
  /** CPUs to size by where the cgroup sets no quota, such as the request that Kubernetes schedules by. */
  readonly cpu?: number;
  readonly memoryPerWorker: number;
  /** How many wait for the place of a worker, beside the workers. */
  readonly standby: number;
  readonly heap: 'auto' | 'off' | number;
  /** What `app.nodeOptions` sets the heap to, in MiB; it wins, as it does on the command line. */
  readonly nodeHeapMiB?: number | undefined;
  /** `health.minReady`, of which no more is asked than there are workers. */
  readonly minReady: MinReady;
}

export type MinReady = Config['health']['minReady'];

/** What a config says of the size. */
export function sizingOf({ workers, app, health }: Config): SizingConfig {
  return { ...workers, nodeHeapMiB: heapIn(app.nodeOptions), minReady: health.minReady };
}
