import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EggcupError, hasCode } from '../errors.js';
import { TRAINING_VARIABLE } from '../ipc/environment.js';
import { settledAt } from '../module-cache/facts.js';
import { type Head, openModuleCache } from '../module-cache/format.js';
import { CACHE_FOLDERS, moduleCacheFile, type Role, ROLES } from '../module-cache/place.js';
import type { Surroundings } from './command.js';

/** What a training start has left. */
export interface Trained {
  readonly written: readonly WrittenCache[];
  /** Why the application did not get ready; `undefined` when it did. */
  readonly why: string | undefined;
}

export interface WrittenCache {
  readonly file: string;
  /** How many files' code it has, and how many requests' answers. */
  readonly code: number;
  readonly resolved: number;
  /** Why one of them could not be kept. */
  readonly without: readonly string[];
  /** There was one already, which stays, for this start has failed. */
  readonly isOld: boolean;
}

/** Its words are the entrypoint's, which finds the same config; then what only a training needs: nothing is left of it but the cache. */
const entry = fileURLToPath(new URL('../entry.js', import.meta.url));
const LINES_SHOWN = 20;

/**
 * Starts the application once, with one worker, as the entrypoint does, until it is ready; stops it, and keeps what its processes have loaded in
 * `baseDir`. Bounded by the config's own `startup.timeout` and `shutdown`. Throws a system error where nothing can be written, and `ERR_STOPPED` when a
 * signal ends it.
 */
export async function train(words: readonly string[], baseDir: string, { env, cwd }: Surroundings): Promise<Trained> {
  const stop = new StopSignal();
  const drafts = mkdtempSync(join(tmpdir(), 'eggcup-compile-'));
  const made: string[] = [];
  try {
    makeFolders(baseDir, made); // Before anybody looks: it is a change of `node_modules` as well.
    writeFileSync(join(drafts, 'reason'), ''); // The entrypoint writes into one that is there.
    const command = [...words, ...onlyForTraining(drafts)];
    const why = await startOnce(command, { ...env, [TRAINING_VARIABLE]: drafts }, cwd, stop);
    const found = ROLES.flatMap((role) => bestOf(drafts, role) ?? []);
    await untilSettled(found, stop);
    const written = found.filter(({ head }) => head.files.length > 0);
    const [nothing] = found.flatMap(({ head }) => (head.files.length > 0 ? [] : head.without));
    return {
      written: written.map((draft) => keep(draft, baseDir, why !== undefined)),
      why: why ?? (nothing === undefined ? undefined : `without ${nothing}`),
    };
  } finally {
    stop.end();
    for (const folder of made.toReversed()) removeIfEmpty(folder);
    rmSync(drafts, { recursive: true, force: true });
  }
}

/** Hears who wants this process to end, which has to clean up first. */
class StopSignal {
  readonly #aborter = new AbortController();
  readonly #hear = (signal: NodeJS.Signals): void => {
    this.#aborter.abort(new EggcupError('ERR_STOPPED', `${signal} received: nothing is kept`));
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#hear);
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#hear);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

function onlyForTraining(folder: string): readonly string[] {
  const settings = {
    'workers.count': 1,
    'health.dir': folder,
    'health.minReady': 1,
    'health.http.enabled': false,
    'control.enabled': false,
    'shutdown.delay': '0s',
    terminationLog: join(folder, 'reason'),
    'log.format': 'json',
    'log.level': 'info',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

/** Why it did not get ready. Throws where this process was told to end. */
async function startOnce(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
  { signal }: StopSignal,
): Promise<string | undefined> {
  const child = spawn(process.execPath, [entry, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): unknown => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  let isReady = false;
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (isReady || !saysReady(line)) return;
    isReady = true;
    stop();
  });
  createInterface(child.stderr).on('line', (line) => {
    errors.push(line);
    if (errors.length > LINES_SHOWN) errors.shift();
  });
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  signal.throwIfAborted();
  if (isReady) return undefined;
  const said = errors.join('\n') || `it was ended by ${child.signalCode ?? child.exitCode}`;
  return reasonIn(env[TRAINING_VARIABLE] ?? '') ?? said;
}

function saysReady(line: string): boolean {
  if (!line.includes('"cluster.ready"')) return false;
  try {
    return (JSON.parse(line) as { event?: unknown }).event === 'cluster.ready';
  } catch (error) {
    // A line of the application's.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function reasonIn(folder: string): string | undefined {
  return readFileSync(join(folder, 'reason'), 'utf8').trimEnd() || undefined;
}

interface Draft {
  readonly role: Role;
  readonly path: string;
  readonly head: Head;
}

/** Of a role's processes the one that came farthest: one that was started anew may have failed earlier. */
function bestOf(drafts: string, role: Role): Draft | undefined {
  const [path] = readdirSync(drafts)
    .filter((name) => name.startsWith(`${role}.`) && name.endsWith('.cache'))
    .map((name) => join(drafts, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size);
  const head = path === undefined ? undefined : headIn(path);
  return path === undefined || head === undefined ? undefined : { role, path, head };
}

function keep({ role, path, head }: Draft, baseDir: string, hasFailed: boolean): WrittenCache {
  const file = moduleCacheFile(baseDir, role);
  const isOld = hasFailed && existsSync(file);
  if (!isOld) replaceBy(file, readFileSync(path), commonMode(head.files));
  const resolved = Object.values(head.resolved).reduce((sum, here) => sum + Object.keys(here.requests).length, 0);
  return { file, code: head.code.length, resolved, without: head.without, isOld };
}

function headIn(path: string): Head | undefined {
  const cache = openModuleCache(path);
  cache?.close();
  return cache?.head;
}

/** Who may read all that is kept, through the folders that it is in, may read this, whatever the umask. */
function commonMode(files: readonly string[]): number {
  const folders = new Set<string>();
  for (const file of files) for (let at = dirname(file); !folders.has(at); at = dirname(at)) folders.add(at);
  const searchable = [...folders].reduce((mode, folder) => mode & statSync(folder).mode, 0o111);
  const readable = files.reduce((mode, file) => mode & statSync(file).mode, 0o666);
  return readable & ((searchable << 2) | 0o222);
}

function replaceBy(file: string, bytes: Buffer, mode: number): void {
  const draft = `${file}.tmp`;
  try {
    writeFileSync(draft, bytes);
    chmodSync(draft, mode);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** With the rights of the folder that it is in: whoever runs the application must get through. Adds to `made` those that were not there. */
function makeFolders(baseDir: string, made: string[]): void {
  let parent = baseDir;
  for (const name of CACHE_FOLDERS) {
    const folder = join(parent, name);
    if (!existsSync(folder)) {
      mkdirSync(folder);
      chmodSync(folder, statSync(parent).mode & 0o777);
      made.push(folder);
    }
    parent = folder;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    // It has become one, or an application has removed it.
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'ENOENT')) throw error;
  }
}

/** What is installed right after this must not have the time of what was there before: nobody would see that it has changed. */
async function untilSettled(drafts: readonly Draft[], { signal }: StopSignal): Promise<void> {
  const at = Math.max(0, ...drafts.map(({ head }) => settledAt(head.facts)));
  try {
    await setTimeout(Math.max(0, at * 1000 - Date.now()), undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
