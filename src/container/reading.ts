import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../errors.js';

/** What a file of the kernel's said: nothing that limits, a value, or something that cannot be relied on. */
export type Reading<T> =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'present';
      readonly value: T;
      /** The file the value comes from. */
      readonly source: string;
      /** What else on the path could not be read: the truth may be tighter than `value`. */
      readonly caveat?: string;
    }
  | { readonly kind: 'unreadable'; readonly source: string; readonly reason: string };

/**
 * Reads `file`, an absolute path, below `root`. It is absent when it does not exist or when `parse` finds nothing set in it.
 * Without `path.join` for the root of the machine: a look once a second would bring V8's optimizing compiler into an idle master.
 */
export function read<T>(root: string, file: string, parse: (text: string) => T | undefined): Reading<T> {
  try {
    const value = parse(readFileSync(root === '/' ? file : join(root, file), 'utf8'));
    return value === undefined ? { kind: 'absent' } : { kind: 'present', value, source: file };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { kind: 'absent' };
    return { kind: 'unreadable', source: file, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The smallest of several limits that hold at once. With one of them unreadable the smallest readable one still
 * counts, because a bound that is too generous is better than none, and carries a caveat. With nothing else to go by
 * the whole is unreadable: "no limit" would be a guess.
 */
export function tightest(readings: readonly Reading<number>[]): Reading<number> {
  const unreadable = readings.filter((reading) => reading.kind === 'unreadable');
  const present = readings.filter((reading) => reading.kind === 'present');
  const smallest = present.toSorted((a, b) => a.value - b.value)[0];
  if (smallest === undefined) return unreadable[0] ?? { kind: 'absent' };
  if (unreadable.length === 0) return smallest;
  return { ...smallest, caveat: unreadable.map(({ source, reason }) => `${source}: ${reason}`).join('; ') };
}
