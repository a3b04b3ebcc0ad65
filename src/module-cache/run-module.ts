import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Script } from 'node:vm';
import { internal, type LoadedModule } from './node-loader.js';

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
