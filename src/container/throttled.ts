import { join } from 'node:path';
import { findLevels, readCgroups } from './cgroup-levels.js';
import { read } from './reading.js';

/**
 * A look at how long the tasks of this cgroup, or of one above it, have been kept off the CPU by its quota so far, in ms;
 * 0 where nothing tells. The cgroup is looked for once.
 */
export function findThrottling(root = '/'): () => number {
  const levels = findLevels(root, readCgroups(root), 'cpu');
  if (levels.kind !== 'present') return () => 0;
  const files = levels.value.directories.map((directory) => join(directory, 'cpu.stat'));
  return () => {
    const times = files.map((file) => read(root, file, parseThrottledMs));
    return Math.max(0, ...times.map((time) => (time.kind === 'present' ? time.value : 0)));
  };
}

/** `throttled_usec` (v2) or `throttled_time`, in ns (v1): Documentation/scheduler/sched-bwc.rst. */
export function parseThrottledMs(text: string): number | undefined {
  const [, unit, time] = /^throttled_(usec|time) (\d+)$/m.exec(text) ?? [];
  return time === undefined ? undefined : Number(time) / (unit === 'usec' ? 1000 : 1_000_000);
}
