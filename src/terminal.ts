import { readFileSync, writeSync } from 'node:fs';
import { hasCode } from './errors.js';

const RETRY_MS = 10;

/**
 * Writes one line for people, all of it, at once: `process.stdout` would be opened without blocking, for children as well. Where
 * somebody else has opened it so, the reader is waited for.
 */
export function printLine(descriptor: 1 | 2, line: string): void {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** One that was removed is as good as none: relative names are then not found, and said to be so. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '/';
    throw error;
  }
}

/** The package's version. */
export function version(): string {
  const text = readFileSync(`${import.meta.dirname}/../package.json`, 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
