import { read } from './reading.js';

/** A hard limit of this process, by its name in /proc/self/limits: `name soft hard unit` in columns (proc_pid_limits(5)). */
export function hardLimit(root: string, name: string): number | undefined {
  const line = read(root, '/proc/self/limits', (text) =>
    text.split('\n').find((candidate) => candidate.startsWith(name)),
  );
  if (line.kind !== 'present') return undefined;
  const [, hard] = line.value.slice(name.length).trim().split(/\s+/);
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** How many descriptors this process may have: Node.js raises the soft limit to the hard one. */
export function maxDescriptors(root = '/'): number | undefined {
  return hardLimit(root, 'Max open files');
}
