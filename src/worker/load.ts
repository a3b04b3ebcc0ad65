import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readManifest } from '../manifest.js';

/** Loads `app.require`, in order, each found from the application's folder as Node would. */
export async function loadRequired(names: readonly string[], baseDir: string): Promise<void> {
  if (names.length === 0) return;
  const requireFrom = requireAt(join(baseDir, 'package.json'));
  for (const name of names) await load(requireFrom.resolve(name));
}

/** What a module exports. Node's loader of ES modules, which takes 5 ms and 1 MB, is left to who needs it. */
export async function load(file: string): Promise<unknown> {
  return isEsModule(file) ? import(pathToFileURL(file).href) : requireAt(file)(file);
}

/** By its name, else by the `type` of the package that it is in, as Node sees it. */
function isEsModule(file: string): boolean {
  if (!file.endsWith('.js')) return !file.endsWith('.cjs');
  return readManifest(packageOf(dirname(file)))['type'] === 'module';
}

/** The nearest folder from here up that is a package, or the root. */
function packageOf(folder: string): string {
  const isFound = existsSync(join(folder, 'package.json')) || dirname(folder) === folder;
  return isFound ? folder : packageOf(dirname(folder));
}

/** `require` of a module with this path. Of node:module, which takes Node's loader of ES modules with it, only when it is needed. */
export function requireAt(file: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(file);
}
