/** In a process that `eggcup compile --app` lets start: what Node finds and V8 compiles is kept for those that start like it. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, extname, isAbsolute, join } from 'node:path';
import type { Script } from 'node:vm';
import { type Answer, type Fact, factsOf, firstAfter, packagesOf } from './facts.js';
import { type CodeHeader, optionsThatMatter, readCodeHeader } from './flags.js';
import { checksumOf, type CompiledFile, encode, type Encoded, type Head, type Resolved } from './format.js';
import {
  hasUsualPaths,
  type LoadedModule,
  looksAsNode,
  pathsMark,
  replacedBefore,
  replaceCompile,
  replaceResolve,
} from './node-loader.js';
import { compileModule, isPlain } from './plain-modules.js';
import { runnable } from './run-module.js';
import { wrap } from '../wrapped-script.js';
import { type Role, textsFile } from './place.js';

/** What Node looks for by itself; another one is somebody's, who need not be there another time. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.js', '.cjs', '.json', '.node']);

/** The kernel stamps files with the time of its last tick: at most so long ago (CONFIG_HZ=100). */
const TICK_MS = 10;

interface KeptCode {
  readonly source: string;
  readonly script: Script;
  readonly checksum: number;
}

interface KeptAnswer extends Answer {
  readonly paths: string;
}

/** What a start has shown. */
interface Recorded {
  readonly answers: ReadonlyMap<string, KeptAnswer>;
  readonly code: ReadonlyMap<string, KeptCode>;
  /** As they were at the beginning: an application may go elsewhere, and set V8's options. */
  readonly baseDir: string;
  readonly header: CodeHeader | undefined;
  readonly beganMs: number;
}

/** Records until `end` is called, at the latest until the process ends, and writes it into the folder. */
export function recordModules(folder: string, role: Role): { readonly end: () => void } {
  const write = ({ cache, texts, head }: Encoded): void => {
    const draft = join(folder, `${role}.${process.pid}`);
    const file = `${draft}.cache`;
    writeFileSync(textsFile(file, head.texts), texts);
    writeFileSync(draft, cache);
    renameSync(draft, file); // Whoever is killed meanwhile leaves no half of one.
  };
  const replaced = replacedBefore();
  if (replaced !== undefined) {
    write(emptyFor(`what is loaded first has replaced Module.${replaced}`));
    return { end: () => undefined };
  }
  const answers = new Map<string, KeptAnswer>();
  const code = new Map<string, KeptCode>();
  const recorded = { answers, code, baseDir: process.cwd(), header: readCodeHeader(), beganMs: Date.now() - TICK_MS };
  const stopResolving = recordAnswers(answers);
  const stopCompiling = recordCode(code);
  let hasEnded = false;
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    stopResolving();
    stopCompiling();
    write(wholeOf(recorded));
  };
  process.once('exit', end);
  // Who can't get ready is told to end, by a signal that most would die of without more ado.
  process.once('SIGTERM', () => {
    end();
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  });
  return { end };
}

function emptyFor(why: string): Encoded {
  const [baseDir, options] = [process.cwd(), optionsThatMatter()];
  return encode({ baseDir, options, header: undefined, facts: [], files: [], resolved: {}, without: [why] }, []);
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

/** `undefined` for what is not found, in Node's usual way, among the packages that the one who asks is one of. */
function answerOf(request: string, parent: LoadedModule, file: string): KeptAnswer | undefined {
  const packages = packagesOf(parent.path);
  const isNear = packages !== undefined && packagesOf(dirname(file)) === packages;
  if (!isNear || !EXTENSIONS.has(extname(file)) || !looksAsNode() || !hasUsualPaths(parent)) return undefined;
  return { folder: parent.path, request, file, paths: pathsMark(parent.paths) };
}

function recordCode(code: Map<string, KeptCode>): () => void {
  return replaceCompile((compile) => {
    return function compileAndKeep(source, file, format) {
      const script = isAbsolute(file) && isPlain(format) ? tryToCompile(source, file) : undefined;
      if (script === undefined) return Reflect.apply(compile, this, [source, file, format]);
      code.set(file, { source, script, checksum: checksumOf(source) });
      const { run, args, setRunning } = runnable(script, this, file);
      setRunning(true);
      const result = Reflect.apply(run, this.exports, args);
      setRunning(false);
      return result;
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

function wholeOf({ answers, code, baseDir, header, beganMs }: Recorded): Encoded {
  const facts = factsOf(answers.values());
  const whyNoPlaces = whyNotPlaces(facts, beganMs);
  const whyNoCode = whyNotCode(header);
  const files = new FileTable();
  const resolved = whyNoPlaces === undefined ? resolvedIn(answers.values(), files) : {};
  const pieces = whyNoCode === undefined ? piecesOf(code, files) : [];
  const head = {
    baseDir,
    options: optionsThatMatter(),
    header,
    facts: whyNoPlaces === undefined ? facts : [],
    files: files.all,
    resolved,
    without: [whyNoPlaces, whyNoCode].filter((why) => why !== undefined),
  };
  return encode(head, pieces);
}

/** Each file once, by its index. */
class FileTable {
  readonly #indices = new Map<string, number>();

  get all(): readonly string[] {
    return [...this.#indices.keys()];
  }

  indexOf(file: string): number {
    const index = this.#indices.get(file) ?? this.#indices.size;
    this.#indices.set(file, index);
    return index;
  }
}

function resolvedIn(answers: Iterable<KeptAnswer>, files: FileTable): Head['resolved'] {
  const resolved: Record<string, Resolved & { readonly requests: Record<string, number> }> = {};
  for (const { folder, request, file, paths } of answers) {
    resolved[folder] ??= { paths, requests: {} };
    resolved[folder].requests[request] = files.indexOf(file);
  }
  return resolved;
}

/** A module that was made for one start is gone. */
function piecesOf(code: Recorded['code'], files: FileTable): readonly CompiledFile[] {
  return [...code]
    .filter(([file]) => existsSync(file))
    .map(([file, { source, script, checksum }]) => ({
      file: files.indexOf(file),
      checksum,
      bytes: script.createCachedData(),
      wrapped: wrap(source),
    }));
}

/** It was changed after Node had looked there, or says so: then nobody could tell a change by its time. */
function whyNotPlaces(facts: readonly Fact[], beganMs: number): string | undefined {
  const newer = firstAfter(facts, beganMs);
  return newer === undefined ? undefined : `places: ${newer} is newer than the start of the application`;
}

function whyNotCode(header: CodeHeader | undefined): string | undefined {
  if (header === undefined) return 'code: V8 has a limit of the heap that is not understood';
  const isSame = readCodeHeader()?.words.join() === header.words.join();
  return isSame ? undefined : 'code: the application has set options of V8 while it started';
}
