import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { EggcupError } from '../errors.js';
import { readManifest } from '../manifest.js';

/**
 * The file of the framework's module, found as Node would from the application (`baseDir`), else from the working
 * directory (as egg-cluster does), but not loaded: the master holds no framework in memory. An application that is an
 * ES module (package.json `type`) gets the framework's ES build where there is one, so that both share one instance.
 * Throws `ERR_FRAMEWORK_NOT_FOUND`, `ERR_MANIFEST`.
 */
export function findFramework(framework: string, baseDir: string, cwd: string): string {
  const wantsModule = readManifest(baseDir)['type'] === 'module';
  for (const place of [baseDir, cwd]) {
    const found = findFrom(place, framework, wantsModule);
    if (found !== undefined) return found;
  }
  throw new EggcupError(
    'ERR_FRAMEWORK_NOT_FOUND',
    `app.framework: "${framework}" is not found from app.baseDir ${baseDir}, nor from ${cwd}; install it there (npm install ${framework}) or give its path`,
  );
}

function findFrom(place: string, framework: string, wantsModule: boolean): string | undefined {
  const requireFrom = createRequire(join(place, 'package.json'));
  const folders = isAbsolute(framework)
    ? [framework]
    : (requireFrom.resolve.paths(framework) ?? []).map((path) => join(path, framework));
  const folder = folders.find((path) => existsSync(join(path, 'package.json')));
  const module = folder === undefined ? undefined : importTarget(folder);
  if (wantsModule && module !== undefined) return module;
  try {
    return requireFrom.resolve(framework);
  } catch {
    // Not there (MODULE_NOT_FOUND), or a package without a CommonJS build (ERR_PACKAGE_PATH_NOT_EXPORTED).
    return module;
  }
}

/** What `import` of the package's name leads to, by its `exports`. */
function importTarget(folder: string): string | undefined {
  const { exports } = readManifest(folder);
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
