import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { hasCode } from '../errors.js';

/** Why the file cannot be read, or `undefined` when it can. */
export function whyUnreadable(path: string): string | undefined {
  if (isDirectory(path)) return 'is a folder, not a file:';
  if (!isFile(path)) return whyMissing(path);
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch {
    return 'there is no permission to read';
  }
}

/** Why nothing was found there: who may not enter a folder does not know what is in it. */
export function whyMissing(path: string): string {
  try {
    statSync(path);
  } catch (error) {
    if (hasCode(error, 'EACCES')) return 'there is no permission to look for';
  }
  return 'no such file';
}

/** The file that `node PATH` would run: the path itself, with an extension, or what a folder's package.json names. */
export function findProgram(path: string): string | undefined {
  const found = ['', '.js', '.cjs', '.mjs'].map((extension) => path + extension).find(isFile);
  if (found !== undefined || !isDirectory(path)) return found;
  try {
    return createRequire(join(path, 'package.json')).resolve(path);
  } catch {
    return ['index.cjs', 'index.mjs'].map((name) => join(path, name)).find(isFile);
  }
}

export function isDirectory(path: string): boolean {
  return stat(path)?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  const stats = stat(path);
  return stats !== undefined && !stats.isDirectory();
}

function stat(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // No permission, a loop of links, a name that no file can have: nothing that could be used.
    return undefined;
  }
}
