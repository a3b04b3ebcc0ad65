import { messageOf } from '../errors.js';
import { wrap, wrappedScript } from '../wrapped-script.js';
import { firstChanged } from './facts.js';
import { fitTo, type NodeStart, optionsThatMatter } from './flags.js';
import { checksumOf, type CodeEntry, type Head, type ModuleCache, openModuleCache, type Resolved } from './format.js';
import { moduleCacheFile, type Role } from './place.js';
import { looksAsNode, pathsMark, replacedBefore, replaceCompile, replaceResolve } from './node-loader.js';
import { isPlain } from './plain-modules.js';
import { runnable } from './run-module.js';
import { openTexts, type Texts } from './texts.js';

/** A cache that is used, as far as it can be. */
export interface ModulesInUse {
  /** Why not, or not wholly. */
  readonly why: string | undefined;
  /** All goes Node's own way again, and the memory is given back. */
  readonly end: () => void;
}

/**
 * From now on this process loads CommonJS modules with what `eggcup compile --app` has kept for the application in its working directory: their code as
 * V8 has compiled it, for each source that is still the same; and where they are, as long as the folders of packages are what they were. Whatever
 * does not hold goes Node's own way, as all does where there is no cache (docs/adr/0020-module-cache.md).
 */
export function useModuleCache(role: Role): ModulesInUse {
  let cache: ModuleCache | undefined;
  try {
    const baseDir = process.cwd();
    cache = openModuleCache(moduleCacheFile(baseDir, role));
    return cache === undefined ? unused(undefined) : use(cache, baseDir);
  } catch (error) {
    cache?.close();
    return unused(messageOf(error));
  }
}

/** Why a cache cannot be used, as far as its head tells; `undefined` when it can. */
export function judgeHead({ baseDir, facts }: Head, appFolder: string): string | undefined {
  if (baseDir !== appFolder) return `it was made for ${baseDir}`;
  const changed = firstChanged(facts);
  return changed === undefined ? undefined : `${changed} has changed since`;
}

/** Why it is none for a process that is started like this; `undefined` where it is one. */
export function judgeOptions({ options }: Head, start: NodeStart): string | undefined {
  if (optionsThatMatter(start).join(' ') === options.join(' ')) return undefined;
  return `it was made with other options of Node.js: ${options.join(' ') || 'none'}`;
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

function unused(why: string | undefined): ModulesInUse {
  return { why, end: () => undefined };
}

function use(cache: ModuleCache, baseDir: string): ModulesInUse {
  const { head } = cache;
  const why = whyNotAtAll(head);
  if (why !== undefined) {
    cache.close();
    return unused(why);
  }
  const whyNotResolved = judgeHead(head, baseDir);
  const fit = head.header === undefined ? undefined : fitTo(head.header);
  const whyNotCode = fit === undefined && head.code.length > 0 ? 'V8 has other options' : undefined;
  const { texts, why: whyNoTexts } = fit === undefined ? NO_TEXTS : textsOf(cache);
  const ends = [
    ...(whyNotResolved === undefined ? [resolveFrom(head)] : []),
    ...(fit === undefined ? [] : [compileFrom(cache, fit, texts)]),
  ];
  return {
    why: whyNotResolved ?? whyNotCode ?? whyNoTexts,
    end: once(() => {
      for (const end of ends) end();
      cache.close();
    }),
  };
}

interface TextsOrWhy {
  readonly texts: Texts | undefined;
  readonly why: string | undefined;
}

const NO_TEXTS: TextsOrWhy = { texts: undefined, why: undefined };

/** Without them each process has sources of its own, as without a cache. */
function textsOf(cache: ModuleCache): TextsOrWhy {
  try {
    return { texts: openTexts(cache), why: undefined };
  } catch (error) {
    return { texts: undefined, why: messageOf(error) };
  }
}

function whyNotAtAll(head: Head): string | undefined {
  const replaced = replacedBefore();
  if (replaced !== undefined) return `something that is loaded first has replaced Module.${replaced}`;
  return judgeOptions(head, process);
}

/** Node's memory of where modules are, from the start. Returns what ends it. */
function resolveFrom({ files, resolved }: Head): () => void {
  const known = new Map<string, Resolved>(Object.entries(resolved));
  const restore = replaceResolve((resolve) => {
    return function resolveKnown(this: unknown, ...args) {
      const [request, parent, , options] = args;
      if (options === undefined && parent !== undefined && parent !== null) {
        const here = known.get(parent.path);
        const index = here?.requests[request];
        const isUsual = typeof index === 'number' && here?.paths === pathsMark(parent.paths) && looksAsNode();
        const file = isUsual ? files[index] : undefined;
        if (file !== undefined) return file;
      }
      return Reflect.apply(resolve, this, args);
    };
  });
  return () => {
    known.clear();
    restore();
  };
}

function compileFrom({ head, read }: ModuleCache, fit: (code: Buffer) => void, texts: Texts | undefined): () => void {
  const known = new Map<string, CodeEntry>(head.code.map((entry) => [head.files[entry[0]] ?? '', entry]));
  const restore = replaceCompile((compile) => {
    return function compileKnown(source, file, format) {
      const entry = isPlain(format) ? known.get(file) : undefined;
      const wrapped = entry === undefined ? undefined : wrappedIfSame(source, entry, texts);
      const code = entry === undefined || wrapped === undefined ? undefined : read(entry);
      if (wrapped === undefined || code === undefined) return Reflect.apply(compile, this, [source, file, format]);
      fit(code);
      const script = wrappedScript(wrapped, file, code);
      if (script.cachedDataRejected === true) known.clear();
      const { run, args, setRunning } = runnable(script, this, file);
      setRunning(true);
      const result = Reflect.apply(run, this.exports, args);
      setRunning(false);
      return result;
    };
  });
  return () => {
    known.clear();
    restore();
    texts?.forget();
  };
}

/** The source, wrapped, where it is the one whose code is kept. */
function wrappedIfSame(source: string, entry: CodeEntry, texts: Texts | undefined): string | undefined {
  if (texts !== undefined) return texts.of(entry, source);
  return entry[1] === checksumOf(source) ? wrap(source) : undefined;
}
