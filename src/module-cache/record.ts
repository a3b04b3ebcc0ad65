/** In a process that `eggcup compile --app` lets start: what Node finds and V8 compiles is kept for those that start like it. */
import { renameSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { Script } from 'node:vm';
import { type Answer, factsOf, packagesOf, settledAt } from './facts.js';
import { readCodeHeader, optionsThatMatter } from './flags.js';
import { checksumOf, type CompiledFile, encode, type Resolved } from './format.js';
import {
  compileModule,
  isPlain,
  type LoadedModule,
  replaceCompile,
  replaceResolve,
  runModule,
} from './node-modules.js';
import type { Role } from './place.js';

/** What Node looks for by itself; another one is somebody's, who need not be there another time. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.js', '.cjs', '.json', '.node']);

interface KeptCode {
  readonly script: Script;
  readonly checksum: number;
}

interface KeptAnswer extends Answer {
  readonly paths: number;
}

/** Records until `end` is called, at the latest until the process ends, and writes it into the folder. */
export function recordModules(folder: string, role: Role): { readonly end: () => void } {
  const answers = new Map<string, KeptAnswer>();
  const code = new Map<string, KeptCode>();
  const stopResolving = recordAnswers(answers);
  const stopCompiling = recordCode(code);
  let hasEnded = false;
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    stopResolving();
    stopCompiling();
    const file = join(folder, `${role}.${process.pid}`);
    writeFileSync(file, wholeOf([...answers.values()], code));
    renameSync(file, `${file}.cache`); // Whoever is killed meanwhile leaves no half of one.
  };
  process.once('exit', end);
  // Who can't get ready is told to end, by a signal that most would die of without more ado.
  process.once('SIGTERM', () => {
    end();
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  });
  return { end };
}

function recordAnswers(answers: Map<string, KeptAnswer>): () => void {
  return replaceResolve((resolve) => {
    return function resolveAndKeep(this: unknown, ...args) {
      const file = Reflect.apply(resolve, this, args);
      const [request, parent, , options] = args;
      if (options !== undefined || parent === undefined || parent === null) return file;
      const answer = answerOf(request, parent, file);
      if (answer !== undefined) answers.set(`${answer.folder}\0${request}`, answer);
      return file;
    };
  });
}

/** `undefined` for what is not found among the packages that the one who asks is one of. */
function answerOf(request: string, parent: LoadedModule, file: string): KeptAnswer | undefined {
  const packages = packagesOf(parent.path);
  const isKnown = packages !== undefined && packagesOf(dirname(file)) === packages && EXTENSIONS.has(extname(file));
  return isKnown ? { folder: parent.path, request, file, paths: parent.paths.length } : undefined;
}

function recordCode(code: Map<string, KeptCode>): () => void {
  return replaceCompile((compile) => {
    return function compileAndKeep(source, file, format) {
      const script = isPlain(format) ? tryToCompile(source, file) : undefined;
      if (script === undefined) return Reflect.apply(compile, this, [source, file, format]);
      code.set(file, { script, checksum: checksumOf(source) });
      return runModule(script, this, file);
    };
  });
}

/** `undefined` for an ES module, or what Node alone can read. */
function tryToCompile(source: string, file: string): Script | undefined {
  try {
    return compileModule(source, file);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function wholeOf(answers: readonly KeptAnswer[], code: ReadonlyMap<string, KeptCode>): Buffer {
  const header = readCodeHeader();
  // What is changed while it has the time of a change before would not be seen: `eggcup compile` waits until that has passed.
  const isAhead = settledAt(factsOf(answers)) > Date.now() / 1000 + MAX_AHEAD_S;
  const keptAnswers = isAhead ? [] : answers;
  const files = new Map<string, number>();
  const indexOf = (file: string): number => {
    const index = files.get(file) ?? files.size;
    files.set(file, index);
    return index;
  };
  const resolved: Record<string, Resolved & { readonly requests: Record<string, number> }> = {};
  for (const { folder, request, file, paths } of keptAnswers) {
    resolved[folder] ??= { paths, requests: {} };
    resolved[folder].requests[request] = indexOf(file);
  }
  const compiled: CompiledFile[] =
    header === undefined
      ? []
      : [...code].map(([file, { script, checksum }]) => ({
          file: indexOf(file),
          checksum,
          bytes: script.createCachedData(),
        }));
  const options = optionsThatMatter();
  return encode(
    { baseDir: process.cwd(), options, header, facts: factsOf(keptAnswers), files: [...files.keys()], resolved },
    compiled,
  );
}

/** What a clock may be behind that of who made the folders; more is waited for by nobody. */
const MAX_AHEAD_S = 60;
