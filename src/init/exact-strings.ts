import { readFileSync } from 'node:fs';
import { hasCode } from '../errors.js';

/**
 * The last `words` of this process' command line, byte for byte: Node decodes them as UTF-8, and a file name need not
 * be. Each with its final NUL.
 */
export function exactArguments(words: readonly string[]): Buffer {
  return lastStrings(readOwn('cmdline'), words.length) ?? terminated(words);
}

/** The environment with which this process was started, byte for byte. */
export function exactEnvironment(env: NodeJS.ProcessEnv): Buffer {
  const initial = readOwn('environ');
  if (initial !== undefined && initial.length > 0) return initial;
  return terminated(Object.entries(env).map(([name, value]) => `${name}=${value ?? ''}`));
}

export function terminated(strings: readonly string[]): Buffer {
  return Buffer.from(strings.map((text) => `${text}\0`).join(''));
}

/** The last `count` of the strings, each of which ends with NUL; `undefined` when there are fewer. */
export function lastStrings(strings: Buffer | undefined, count: number): Buffer | undefined {
  if (strings === undefined) return undefined;
  let start = strings.length;
  for (let found = 0; found < count; found += 1) {
    if (start <= 0) return undefined;
    start = start < 2 ? 0 : strings.lastIndexOf(0, start - 2) + 1;
  }
  return strings.subarray(start);
}

function readOwn(file: 'cmdline' | 'environ'): Buffer | undefined {
  try {
    return readFileSync(`/proc/self/${file}`);
  } catch (error) {
    // No /proc, or not ours to read (a process that is not dumpable).
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}
