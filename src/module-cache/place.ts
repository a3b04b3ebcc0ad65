import { join } from 'node:path';
import { nodeBuild } from '../node-build.js';

/** Whose modules: the agent loads others than a worker does. */
export type Role = 'agent' | 'app';
export const ROLES: readonly Role[] = ['agent', 'app'];

/** Below the application's folder, where build tools keep what `npm ci` may take away again. */
export const CACHE_FOLDERS = ['node_modules', '.cache', 'eggcup'] as const;

/**
 * The texts of a cache, of which this is the checksum. What has other texts has another name: processes have this file mapped, and it must not become another one under them when somebody
 * copies a release over the one that runs.
 */
export function textsFile(cacheFile: string, texts: number): string {
  return cacheFile.replace(/\.cache$/, `.${texts.toString(16)}.texts`);
}

/** For one build of Node, because V8 reads no other's code. */
export function moduleCacheFile(baseDir: string, role: Role): string {
  return join(baseDir, ...CACHE_FOLDERS, `${role}.${nodeBuild()}.cache`);
}
