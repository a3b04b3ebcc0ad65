import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

export type LoadedModule = NodeJS.Module;
/** Without a parent for what an ES module imports. */
export type Resolve = (
  request: string,
  parent: LoadedModule | null | undefined,
  isMain: boolean,
  options?: object,
) => string;
export type Compile = (this: LoadedModule, source: string, file: string, format?: string) => unknown;

/** Where Node looks for what a module asks for. In no type: whoever gives modules other names relies on it too. Returns what puts Node's back. */
export function replaceResolve(replacing: (nodes: Resolve) => Resolve): () => void {
  return replace(Module, '_resolveFilename', replacing);
}

/** How Node compiles and runs a CommonJS module; the same for whoever translates modules. */
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

/** What Node's loader has beside what is in its types. */
interface Internals {
  readonly _cache: NodeJS.Require['cache'];
  readonly _extensions: NodeJS.Require['extensions'];
  readonly _resolveFilename: Resolve;
  readonly _resolveLookupPaths: (request: string, parent: LoadedModule) => string[] | null;
}

function internal<Name extends keyof Internals>(name: Name): Internals[Name] {
  return Reflect.get(Module, name);
}

/** As Node wraps a CommonJS module. */
const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';

/** `import()`, and what makes a program of text, which may contain it: in a Script it would not be Node's. */
const MAY_IMPORT =
  /(?<![\w$])(?:import\s*(?:(?:\/\*[^]*?\*\/|\/\/[^\n]*\n)\s*)*\(|eval(?![\w$])|(?:Async)?(?:Generator)?Function\s*\()/;

/** Lines of comments: those of JSDoc say `import()` where they tell types. */
const COMMENT_LINES = /^[ \t]*(?:\/\*\*|\*(?!\/)|\/\/)(?:(?!\*\/).)*(?:\*\/[ \t\r]*)?$/gm;

/** Whether a module is the same to whom it is run by: nothing that Node has to translate, to stop in, to count or to import for. */
export function isPlain(format: string | undefined): boolean {
  return (format === undefined || format === 'commonjs') && !IS_WATCHED && !process.sourceMapsEnabled;
}

const IS_WATCHED =
  process.env['NODE_V8_COVERAGE'] !== undefined ||
  process.execArgv.some((option) => option.startsWith('--inspect-brk'));

/**
 * The code of a CommonJS module, as V8 can keep it: of a Script, where Node compiles a function, whose code it can't give once it
 * has run. `undefined` for a module that has to be Node's own. Throws a SyntaxError for what is no CommonJS.
 */
export function compileModule(source: string, filename: string): Script | undefined {
  if (MAY_IMPORT.test(source) && MAY_IMPORT.test(source.replaceAll(COMMENT_LINES, ''))) return undefined;
  return new Script(HEAD + source + TAIL, originOf(filename));
}

/** The same source with its code. */
export function restoreModule(source: string, filename: string, cachedData: Buffer): Script {
  return new Script(HEAD + source + TAIL, { ...originOf(filename), cachedData });
}

function originOf(filename: string): { readonly filename: string; readonly columnOffset: number } {
  return { filename, columnOffset: -HEAD.length };
}

/** Runs it as Node would. */
export function runModule(script: Script, module: LoadedModule, file: string): unknown {
  const run = script.runInThisContext() as (...args: unknown[]) => unknown;
  const { exports } = module;
  const mark = executing();
  // Node refuses to import a module that is not through yet.
  if (mark !== undefined) Reflect.set(module, mark, true);
  const result = Reflect.apply(run, exports, [exports, requireOf(module), module, file, dirname(file)]);
  if (mark !== undefined) Reflect.set(module, mark, false);
  return result;
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

/** As Node makes it for each module. */
function requireOf(module: LoadedModule): NodeJS.Require {
  const require = (id: string): unknown => module.require(id) as unknown;
  const resolve = (request: string, options?: NodeJS.RequireResolveOptions): string => {
    // Node's own says best what is wrong.
    if (typeof request !== 'string') return createRequire(module.filename).resolve(request);
    return Reflect.apply(internal('_resolveFilename'), Module, [request, module, false, options]);
  };
  const paths = (request: string): string[] | null => {
    if (typeof request !== 'string') return createRequire(module.filename).resolve.paths(request);
    return Reflect.apply(internal('_resolveLookupPaths'), Module, [request, module]);
  };
  return Object.assign(require, {
    resolve: Object.assign(resolve, { paths }),
    main: process.mainModule,
    extensions: internal('_extensions'),
    cache: internal('_cache'),
  });
}
