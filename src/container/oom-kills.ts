import { join } from 'node:path';
import { findLevels, readCgroups } from './cgroup-levels.js';
import { read } from './reading.js';

/** v2: memory.events, with everything below; v1: memory.oom_control, which tells of the cgroup itself. */
const COUNTER_FILE = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

/**
 * A look at how many processes of this cgroup the kernel has killed for memory so far; `undefined` where nothing tells.
 * The cgroup is looked for once.
 */
export function findOomCounter(root = '/'): () => number | undefined {
  const levels = findLevels(root, readCgroups(root), 'memory');
  if (levels.kind !== 'present') return () => undefined;
  const { version, directories } = levels.value;
  const [own] = directories;
  if (own === undefined) return () => undefined;
  const file = join(own, COUNTER_FILE[version]);
  return () => {
    const counted = read(root, file, parseOomKills);
    return counted.kind === 'present' ? counted.value : undefined;
  };
}

/** The line `oom_kill N`, which both versions have (v1 since Linux 4.13). */
export function parseOomKills(text: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}
