import { readFileSync, writeSync } from 'node:fs';

/** Writes one line for people, at once: `process.stdout` would be opened without blocking, for children as well. */
export function printLine(descriptor: 1 | 2, line: string): void {
  writeSync(descriptor, `${line}\n`);
}

/** The package's version. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
