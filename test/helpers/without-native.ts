import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { projectRoot } from './cluster.js';
import { temporaryDirectory } from './temporary.js';

/** eggcup as it is on a machine for which there is no native part: its `dist/entry.js`. */
export function installWithoutNative(t: TestContext): string {
  const dir = temporaryDirectory(t);
  for (const part of ['dist', 'package.json', 'examples'])
    cpSync(join(projectRoot, part), join(dir, part), { recursive: true });
  mkdirSync(join(dir, 'native'));
  symlinkSync(join(projectRoot, 'node_modules'), join(dir, 'node_modules'));
  return join(dir, 'dist/entry.js');
}
