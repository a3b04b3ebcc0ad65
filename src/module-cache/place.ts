import { join } from 'node:path';
import { nodeBuild } from '../node-build.js';

/** Whose modules: the agent loads others than a worker does. */
export type Role = 'agent' | 'app';
export const ROLES: readonly Role[] = ['agent', 'app'];

/** Below the application's folder, where build tools keep what `npm ci` may take away again. */
export const CACHE_FOLDERS = ['node_modules', '.cache', 'eggcup'] as const;

/** For one build of Node, because V8 reads no other's code. */
export function moduleCacheFile(baseDir: string, role: Role): string {
  return join(baseDir, ...CACHE_FOLDERS, `${role}.${nodeBuild()}.cache`);
}
