import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { messageOf } from './errors.js';
import { nodeBuild } from './node-build.js';
import { replaceFile } from './replace-file.js';
import { wrap, wrappedScript } from './wrapped-script.js';

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  file: string,
  folder: string,
) => void;

/** V8 judges a cache by its own version, its flags and the length of the source: this many first bytes of the file say which source. */
const ID_LENGTH = 64;

/** The file of the program that `entry.js` loads for a cluster. */
export function clusterProgram(): string {
  return fileURLToPath(new URL('./master/run-cluster.js', import.meta.url));
}

/**
 * What a CommonJS program exports; compiled before, where `writeCodeCache` was called for it with the same Node (docs/adr/0019-code-cache.md).
 * A cache that V8 refuses, of other flags say, is as good as none.
 */
export function loadProgram(file: string): unknown {
  const require = createRequire(file);
  const compiled = compileCached(file);
  if (!(compiled instanceof Script)) return require(file);
  const run = compiled.runInThisContext() as Wrapped;
  const module = { exports: {} };
  Reflect.apply(run, module.exports, [module.exports, require, module, file, dirname(file)]);
  return module.exports;
}

/** Whether the entrypoint can use a cache: `none` for this Node, or why not. To be asked with the flags that it will have. */
export function judgeCodeCache(file: string): 'usable' | 'none' | { readonly why: string } {
  const compiled = compileCached(file);
  if (!(compiled instanceof Script)) return compiled;
  return compiled.cachedDataRejected === true
    ? { why: 'V8 refuses it: it has other options, or is damaged' }
    : 'usable';
}

/**
 * Writes V8's code cache of a program beside it, and returns the cache's path: each of its functions compiled, for the flags that are set
 * now. The bytes are the same each time where Node was started with `--hash-seed`.
 */
export function writeCodeCache(file: string): string {
  const source = readFileSync(file, 'utf8');
  setFlagsFromString('--no-lazy');
  const script = wrappedScript(wrap(source), file);
  // As without it: V8 compares the flags.
  setFlagsFromString('--lazy');
  setFlagsFromString('--hash-seed=0');
  const path = cacheOf(file);
  const whole = Buffer.concat([Buffer.from(idIn(source), 'latin1'), script.createCachedData()]);
  replaceFile(path, whole, statSync(file).mode & 0o666); // Who may read the program may read this.
  return path;
}

/** Never in the way of a start: a cache that can't be read, for whatever reason, is as good as none. */
function compileCached(file: string): Script | 'none' | { readonly why: string } {
  let whole: ArrayBuffer;
  try {
    const path = cacheOf(file);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'none';
    if (!stat.isFile()) return { why: 'it is no regular file' };
    // Node translates positions only in what it has loaded itself.
    if (process.sourceMapsEnabled) return { why: 'it is not used with --enable-source-maps' };
    whole = readWhole(path, stat.size);
  } catch (error) {
    return { why: messageOf(error) };
  }
  const source = readFileSync(file, 'utf8');
  const cache = Buffer.from(whole);
  if (cache.toString('latin1', 0, ID_LENGTH) !== idIn(source)) return { why: 'it is of another program' };
  const script = wrappedScript(wrap(source), file, cache.subarray(ID_LENGTH));
  whole.resize(0);
  return script;
}

/** A file in memory that can be given back at once (`resize`): a Buffer would stay until V8 collects, a megabyte of an idle master. */
function readWhole(path: string, size: number): ArrayBuffer {
  const whole = new ArrayBuffer(size, { maxByteLength: size });
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, new Uint8Array(whole), 0, size, 0);
  } finally {
    closeSync(descriptor);
  }
  return whole;
}

/** What the bundle ends with: `// ` and the hash of what stands before. */
function idIn(source: string): string {
  return source.slice(-ID_LENGTH - 1, -1);
}

/** Throws `ENOENT` where the file of this Node has gone. */
function cacheOf(file: string): string {
  return file.replace(/\.js$/, `.${nodeBuild()}.cache`);
}
