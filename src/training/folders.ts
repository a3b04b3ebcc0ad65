import { chmodSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../errors.js';
import { CACHE_FOLDERS } from '../module-cache/place.js';

/** With the rights of the folder that it is in: whoever runs the application must get through. Adds to `made` those that were not there. */
export function makeFolders(baseDir: string, made: string[]): void {
  let parent = baseDir;
  for (const name of CACHE_FOLDERS) {
    const folder = join(parent, name);
    if (makeFolder(folder)) {
      chmodSync(folder, statSync(parent).mode & 0o777);
      made.push(folder);
    }
    parent = folder;
  }
}

/** Whether it was not there. */
function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    // It has become one, or an application has removed it.
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'ENOENT')) throw error;
  }
}
