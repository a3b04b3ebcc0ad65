import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../errors.js';

/**
 * Makes a directory and what is missing above it. Level by level: with `recursive` Node 20 never comes back from a
 * place like /proc, where mkdir fails with ENOENT although the parent exists.
 */
export function makeDirectory(dir: string): void {
  if (existsSync(dir)) return;
  makeDirectory(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error; // Somebody else was faster.
  }
}
