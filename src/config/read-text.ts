import { readFileSync, statSync } from 'node:fs';

/**
 * The text of a file. While a master runs it must not wait for whoever writes a FIFO or a terminal: what is no regular file is
 * refused then.
 */
export function readText(path: string, isRunning: boolean): string {
  if (isRunning && isOther(path)) throw new Error('it is no regular file, and a running master cannot wait for it');
  return readFileSync(path, 'utf8');
}

/** A folder has its own error when it is read. */
function isOther(path: string): boolean {
  const stat = statSync(path);
  return !stat.isFile() && !stat.isDirectory();
}
