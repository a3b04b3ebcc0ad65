import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads `app.require`, in order, each found from the application's folder as Node would. */
export async function loadRequired(names: readonly string[], baseDir: string): Promise<void> {
  const requireFrom = createRequire(join(baseDir, 'package.json'));
  for (const name of names) await import(pathToFileURL(requireFrom.resolve(name)).href);
}
