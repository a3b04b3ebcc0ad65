import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { messageOf } from './errors.js';
import type { Native } from './native/addon.js';
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
/** V8 compares flags: the seed that code was made with is not to be one. */
const SEED_OF_CODE = '--hash-seed=0';
/** What wrapping adds to a source. */
const WRAPPER_LENGTH = wrap('').length;

/** The file of the program that `entry.js` loads for a cluster. */
export function clusterProgram(): string {
  return join(import.meta.dirname, 'master/run-cluster.js');
}

/**
 * What a CommonJS program exports; compiled before, where `writeCodeCache` was called for it with the same Node (docs/adr/0019-code-cache.md).
 * A cache that V8 refuses, of other flags say, is as good as none.
 */
export function loadProgram(file: string, native: Native | undefined): unknown {
  const compiled = compileCached(file, native);
  return compiled instanceof Script ? runProgram(compiled, file) : createRequire(file)(file);
}

/** What the program exports that was compiled from this file. */
export function runProgram(script: Script, file: string): unknown {
  const require = createRequire(file);
  const run = script.runInThisContext() as Wrapped;
  const module = { exports: {} };
  Reflect.apply(run, module.exports, [module.exports, require, module, file, dirname(file)]);
  return module.exports;
}

/** The program, of which nothing is compiled but what is about to run. */
export function compileProgram(file: string): Script {
  return wrappedScript(wrap(readFileSync(file, 'latin1')), file);
}

/** The program, of which is compiled what V8 had compiled of it (`codeOf`). Throws an Error when V8 refuses that. */
export function compileAgain(file: string, code: Buffer): Script {
  setFlagsFromString(SEED_OF_CODE);
  const script = wrappedScript(wrap(readFileSync(file, 'latin1')), file, code);
  if (script.cachedDataRejected === true)
    throw new Error('V8 refuses what it has compiled itself, with the same options');
  return script;
}

/** The program, with each of its functions compiled. */
export function compileWhole(file: string): Script {
  setFlagsFromString('--no-lazy');
  const script = compileProgram(file);
  setFlagsFromString('--lazy'); // As it was: V8 compares the flags.
  return script;
}

/** Whether the entrypoint can use a cache: `none` for this Node, or why not. To be asked with the flags that it will have. */
export function judgeCodeCache(file: string): 'usable' | 'none' | { readonly why: string } {
  const compiled = compileCached(file, undefined);
  if (!(compiled instanceof Script)) return compiled;
  return compiled.cachedDataRejected === true
    ? { why: 'V8 refuses it: it has other options, or is damaged' }
    : 'usable';
}

/** V8's code of what has been compiled of it so far, for the flags that are set now. The bytes are the same each time for the same functions, where Node was started with `--hash-seed`. */
export function codeOf(script: Script): Buffer {
  setFlagsFromString(SEED_OF_CODE);
  return script.createCachedData();
}

/** Writes the code cache of a program beside it, with the source as V8 wants it. Returns the cache's path. */
export function writeCodeCache(file: string, code: Buffer): string {
  const source = readFileSync(file, 'latin1');
  const path = cacheOf(file);
  const head = Buffer.from(source.slice(-ID_LENGTH - 1, -1) + wrap(source), 'latin1');
  replaceFile(path, Buffer.concat([head, code]), statSync(file).mode & 0o666); // Who may read the program may read this.
  return path;
}

/** Never in the way of a start: a cache that can't be read, for whatever reason, is as good as none. */
function compileCached(file: string, native: Native | undefined): Script | 'none' | { readonly why: string } {
  const opened: number[] = [];
  const open = (path: string): number => {
    const descriptor = openSync(path, 'r');
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const path = cacheOf(file);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'none';
    if (!stat.isFile()) return { why: 'it is no regular file' };
    // Node translates positions only in what it has loaded itself.
    if (process.sourceMapsEnabled) return { why: 'it is not used with --enable-source-maps' };
    const program = open(file);
    const programBytes = fstatSync(program).size;
    const cache = open(path);
    // What the bundle ends with: `// ` and the hash of what stands before.
    const id = readText(program, programBytes - ID_LENGTH - 1, ID_LENGTH);
    if (readText(cache, 0, ID_LENGTH) !== id) return { why: 'it is of another program' };
    const sourceBytes = programBytes + WRAPPER_LENGTH;
    const codeAt = ID_LENGTH + sourceBytes;
    if (stat.size <= codeAt) return { why: 'it is not whole' };
    const source = native?.readText(cache, ID_LENGTH, sourceBytes) ?? readText(cache, ID_LENGTH, sourceBytes);
    const code = readBytes(cache, codeAt, stat.size - codeAt, native);
    const script = wrappedScript(source, file, Buffer.from(code));
    code.resize(0);
    return script;
  } catch (error) {
    return { why: messageOf(error) };
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** A part of a file, which is ASCII. */
function readText(descriptor: number, offset: number, bytes: number): string {
  const buffer = Buffer.allocUnsafe(bytes);
  return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, bytes, offset));
}

/** A part of a file in memory that can be given back at once (`resize`): a Buffer would stay until V8 collects, half a megabyte of an idle master. */
function readBytes(descriptor: number, offset: number, bytes: number, native: Native | undefined): ArrayBuffer {
  const whole = new ArrayBuffer(bytes, { maxByteLength: bytes });
  native?.populate(whole);
  readSync(descriptor, new Uint8Array(whole), 0, bytes, offset);
  return whole;
}

/** Throws `ENOENT` where the file of this Node has gone. */
function cacheOf(file: string): string {
  return file.replace(/\.js$/, `.${nodeBuild()}.cache`);
}
