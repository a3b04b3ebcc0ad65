import Module from 'node:module';
import { WRAPPER_HEAD } from '../wrapped-script.js';

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

export function internal<Name extends keyof Internals>(name: Name): Internals[Name] {
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

/** Whether Node wraps sources in its own way, and nobody but V8 reads them. */
export function wrapsAsNode(): boolean {
  return internal('wrap') === nodesWrap && internal('wrapper')[0] === WRAPPER_HEAD;
}

/** Where Node looks for packages from a module; one that has changed it is found by these three (in the default of its folder). */
export function pathsMark(paths: readonly string[]): string {
  return `${paths.length}:${paths[0]}:${paths.at(-1)}`;
}

export function hasUsualPaths({ path, paths }: LoadedModule): boolean {
  const usual = internal('_nodeModulePaths')(path);
  return paths.length === usual.length && paths.every((one, index) => one === usual[index]);
}
