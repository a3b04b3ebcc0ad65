import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads `app.require`, in order, each found from the application's folder as Node would. */
export async function loadRequired(names: readonly string[], baseDir: string): Promise<void> {
  const requireFrom = createRequire(join(baseDir, 'package.json'));
  for (const name of names) await load(requireFrom.resolve(name));
}

/** What a module exports. Node's loader of ES modules, which takes 5 ms and 1 MB, is left to who needs it. */
export async function load(file: string): Promise<unknown> {
  return isEsModule(file) ? import(pathToFileURL(file).href) : createRequire(file)(file);
}

/** By its name, else by the `type` of the package that it is in, as Node sees it. */
function isEsModule(file: string): boolean {
  if (!file.endsWith('.js')) return !file.endsWith('.cjs');
  const packageFile = findPackageFile(dirname(file));
  if (packageFile === undefined) return false;
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly type?: unknown }).type === 'module';
}

function findPackageFile(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? undefined : findPackageFile(dirname(folder));
}
