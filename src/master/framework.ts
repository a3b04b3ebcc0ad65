import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { EggcupError } from '../errors.js';

/**
 * The file of the framework's module, found from the application (`baseDir`) as Node would, but not loaded:
 * the master holds no framework in memory. An application that is an ES module (package.json `type`) gets the
 * framework's ES build where there is one, so that both share one instance of it.
 * Throws `ERR_FRAMEWORK_NOT_FOUND`.
 */
export function findFramework(framework: string, baseDir: string): string {
  const requireFrom = createRequire(join(baseDir, 'package.json'));
  const paths = requireFrom.resolve.paths(framework) ?? [];
  const folder = paths.map((path) => join(path, framework)).find((path) => existsSync(join(path, 'package.json')));
  const file = folder !== undefined && isModule(baseDir) ? importTarget(folder) : undefined;
  if (file !== undefined) return file;
  try {
    return requireFrom.resolve(framework);
  } catch (error) {
    const found = folder === undefined ? undefined : importTarget(folder); // A package without a CommonJS build.
    if (found !== undefined) return found;
    throw new EggcupError(
      'ERR_FRAMEWORK_NOT_FOUND',
      `app.framework: "${framework}" is not found from app.baseDir ${baseDir}; install it there (npm install ${framework}) or give its path`,
      { cause: error },
    );
  }
}

function isModule(folder: string): boolean {
  return readPackage(folder)['type'] === 'module';
}

/** What `import` of the package's name leads to, by its `exports`. */
function importTarget(folder: string): string | undefined {
  const { exports } = readPackage(folder);
  const root = isRecord(exports) && '.' in exports ? exports['.'] : exports;
  const target = resolveConditions(root);
  return target === undefined ? undefined : join(folder, target);
}

const CONDITIONS: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'default']);

/** The first condition that applies, in the order in which the package lists them (Node's rule). */
function resolveConditions(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (!isRecord(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? resolveConditions(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function readPackage(folder: string): Record<string, unknown> {
  const path = join(folder, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
