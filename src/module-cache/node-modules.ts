import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script, compileFunction } from 'node:vm';

export type LoadedModule = NodeJS.Module;
/** Without a parent for what an ES module imports. */
export type Resolve = (
  request: string,
  parent: LoadedModule | null | undefined,
  isMain: boolean,
  options?: object,
) => string;
export type Compile = (this: LoadedModule, source: string, file: string, format?: string) => unknown;

/** What Node's loader has beside what is in its types; whoever gives modules other names, or translates them, relies on it too. */
interface Internals {
  readonly _cache: NodeJS.Require['cache'];
  readonly _extensions: NodeJS.Require['extensions'];
  readonly _findPath: unknown;
  readonly _nodeModulePaths: (folder: string) => readonly string[];
  readonly _resolveFilename: Resolve;
  readonly _resolveLookupPaths: (request: string, parent: LoadedModule) => string[] | null;
  readonly wrap: unknown;
  readonly wrapper: readonly string[];
}

function internal<Name extends keyof Internals>(name: Name): Internals[Name] {
  return Reflect.get(Module, name);
}

/** Words of Node's own functions. */
const OWN_WORDS = [
  [Module, '_resolveFilename', 'trySelf('],
  [Module, '_findPath', 'tryExtensions('],
  [Module.prototype, '_compile', 'wrapSafe('],
] as const;

/** The name of one of Node's functions that somebody has replaced before us: what they are after, no cache knows. */
export function replacedBefore(): string | undefined {
  return OWN_WORDS.find(([holder, name, words]) => !String(Reflect.get(holder, name)).includes(words))?.[1];
}

/** Where Node looks for what a module asks for. Returns what puts Node's back. */
export function replaceResolve(replacing: (nodes: Resolve) => Resolve): () => void {
  return replace(Module, '_resolveFilename', replacing);
}

/** How Node compiles and runs a CommonJS module. */
export function replaceCompile(replacing: (nodes: Compile) => Compile): () => void {
  return replace(Module.prototype, '_compile', replacing);
}

/** Whoever has replaced it once more meanwhile stays. */
function replace<T>(holder: object, name: string, replacing: (nodes: T) => T): () => void {
  const nodes = Reflect.get(holder, name) as T;
  const replacement = replacing(nodes);
  Reflect.set(holder, name, replacement);
  return () => {
    if (Reflect.get(holder, name) === replacement) Reflect.set(holder, name, nodes);
  };
}

const LOOKING = ['_findPath', '_nodeModulePaths', '_resolveLookupPaths'] as const;
const nodesOwn = LOOKING.map((name) => internal(name));
const nodesWrap = internal('wrap');

/** Whether Node looks for files in its own way: somebody may have changed that meanwhile. */
export function looksAsNode(): boolean {
  return LOOKING.every((name, index) => internal(name) === nodesOwn[index]);
}

/** As Node wraps a CommonJS module. */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

/** `import()`, and what makes a program of text, which may contain it: in a Script it would not be Node's. */
const MAY_IMPORT = /(?<![\w$])(?:import(?=\s*[(/])|eval(?![\w$])|(?:Async)?(?:Generator)?Function(?=\s*\())/;

/** Comments of JSDoc, which say `import()` where they tell types. Should it be the text of a template, nothing of it is run: it neither ends there nor has code in it. */
const JSDOC = /^[ \t]*\/\*\*(?:(?!\*\/|`|\$\{)[^])*\*\//gm;

const IS_WATCHED =
  process.env['NODE_V8_COVERAGE'] !== undefined ||
  process.execArgv.some((option) => option.startsWith('--inspect-brk'));

/** Whether a module is the same to whom it is run by: nothing that somebody has to translate, to wrap, to stop in or to count. */
export function isPlain(format: string | undefined): boolean {
  if ((format !== undefined && format !== 'commonjs') || IS_WATCHED || process.sourceMapsEnabled) return false;
  return internal('wrap') === nodesWrap && internal('wrapper')[0] === HEAD;
}

/**
 * The code of a CommonJS module, as V8 can keep it: of a Script, where Node compiles a function, whose code it can't give once it
 * has run. `undefined` for a module that has to be Node's own. Throws a SyntaxError for what is no CommonJS.
 */
export function compileModule(source: string, filename: string): Script | undefined {
  if (MAY_IMPORT.test(source) && MAY_IMPORT.test(source.replaceAll(JSDOC, ''))) return undefined;
  compileFunction(source, PARAMETERS, { filename }); // Refuses what only its wrapper would make whole.
  return new Script(HEAD + source + TAIL, originOf(filename));
}

/** The same source with its code. */
export function restoreModule(source: string, filename: string, cachedData: Buffer): Script {
  return new Script(HEAD + source + TAIL, { ...originOf(filename), cachedData });
}

function originOf(filename: string): { readonly filename: string; readonly columnOffset: number } {
  return { filename, columnOffset: -HEAD.length };
}

/** A module that can be run as Node would: by a call of `run` with these, from where Node calls it, so that stacks are as deep as ever. */
export interface Runnable {
  readonly run: (...args: unknown[]) => unknown;
  readonly args: unknown[];
  /** By it Node refuses to import a module that is not through yet. */
  readonly setRunning: (isRunning: boolean) => void;
}

export function runnable(script: Script, module: LoadedModule, file: string): Runnable {
  const mark = executing();
  return {
    run: script.runInThisContext() as Runnable['run'],
    args: [module.exports, requireOf(module), module, file, dirname(file)],
    setRunning: (isRunning) => void (mark !== undefined && Reflect.set(module, mark, isRunning)),
  };
}

/** The mark by which Node knows that a module is being run: each one that it has run itself bears it. */
function executing(): symbol | undefined {
  searched ??= {
    mark: Object.values(internal('_cache'))
      .flatMap((module) => (module === undefined ? [] : Object.getOwnPropertySymbols(module)))
      .find(({ description }) => description === 'kIsExecuting'),
  };
  return searched.mark;
}

let searched: { readonly mark: symbol | undefined } | undefined;

/** As Node makes it for each module: functions with these names, that can be called with `new`. */
function requireOf(module: LoadedModule): NodeJS.Require {
  const require = named('require', function (id: string): unknown {
    return module.require(id) as unknown;
  });
  const resolve = named('resolve', function (request: string, options?: NodeJS.RequireResolveOptions): string {
    // Node's own says best what is wrong.
    if (typeof request !== 'string') return createRequire(module.filename).resolve(request);
    return Reflect.apply(internal('_resolveFilename'), Module, [request, module, false, options]);
  });
  const paths = named('paths', function (request: string): string[] | null {
    if (typeof request !== 'string') return createRequire(module.filename).resolve.paths(request);
    return Reflect.apply(internal('_resolveLookupPaths'), Module, [request, module]);
  });
  return Object.assign(require, {
    resolve: Object.assign(resolve, { paths }),
    main: process.mainModule,
    extensions: internal('_extensions'),
    cache: internal('_cache'),
  });
}

/** The name that a bundle does not keep. */
function named<T extends (...args: never) => unknown>(name: string, act: T): T {
  return Object.defineProperty(act, 'name', { value: name });
}

/** Where Node looks for packages from a module; one that has changed it is found by these three (in the default of its folder). */
export function pathsMark(paths: readonly string[]): string {
  return `${paths.length}:${paths[0]}:${paths.at(-1)}`;
}

export function hasUsualPaths({ path, paths }: LoadedModule): boolean {
  const usual = internal('_nodeModulePaths')(path);
  return paths.length === usual.length && paths.every((one, index) => one === usual[index]);
}
