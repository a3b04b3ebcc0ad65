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
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EggcupError, hasCode } from '../errors.js';
import { TRAINING_VARIABLE } from '../ipc/environment.js';
import { settledAt } from '../module-cache/facts.js';
import { openModuleCache } from '../module-cache/format.js';
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
  const made = makeFolders(baseDir); // Before anybody looks: it is a change of `node_modules` as well.
  const drafts = mkdtempSync(join(tmpdir(), 'eggcup-compile-'));
  writeFileSync(join(drafts, 'reason'), ''); // The entrypoint writes into one that is there.
  try {
    const why = await startOnce([...words, ...onlyForTraining(drafts)], { ...env, [TRAINING_VARIABLE]: drafts }, cwd);
    const written = ROLES.flatMap((role) => keep(drafts, baseDir, role) ?? []);
    await untilSettled(written);
    return { written, why };
  } finally {
    for (const folder of made.toReversed()) removeIfEmpty(folder);
    rmSync(drafts, { recursive: true, force: true });
  }
}

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
async function startOnce(words: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<string | undefined> {
  const child = spawn(process.execPath, [entry, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stoppedBy: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  let isReady = false;
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (isReady || !saysReady(line)) return;
    isReady = true;
    child.kill('SIGTERM');
  });
  createInterface(child.stderr).on('line', (line) => {
    errors.push(line);
    if (errors.length > LINES_SHOWN) errors.shift();
  });
  try {
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
  if (stoppedBy !== undefined) throw new EggcupError('ERR_STOPPED', `${stoppedBy} received: nothing is kept`);
  if (isReady) return undefined;
  return (
    reasonIn(env[TRAINING_VARIABLE] ?? '') ??
    (errors.join('\n') || `it was ended by ${child.signalCode ?? child.exitCode}`)
  );
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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

/** The best of a role's drafts: a process that was started anew may have failed earlier. */
function keep(
  drafts: string,
  baseDir: string,
  role: Role,
): (WrittenCache & { readonly settledAt: number }) | undefined {
  const [draft] = readdirSync(drafts)
    .filter((name) => name.startsWith(`${role}.`) && name.endsWith('.cache'))
    .map((name) => join(drafts, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size);
  const cache = draft === undefined ? undefined : openModuleCache(draft);
  if (draft === undefined || cache === undefined) return undefined;
  cache.close();
  const { code, files, facts, resolved } = cache.head;
  if (files.length === 0) return undefined;
  const file = moduleCacheFile(baseDir, role);
  replaceBy(file, readFileSync(draft), files.reduce(commonMode, 0o666));
  const requests = Object.values(resolved).reduce((sum, here) => sum + Object.keys(here.requests).length, 0);
  return { file, code: code.length, resolved: requests, settledAt: settledAt(facts) };
}

/** Who may read all that is kept may read this, whatever the umask. (A module that was made for one start is gone.) */
function commonMode(mode: number, file: string): number {
  return mode & (statSync(file, { throwIfNoEntry: false })?.mode ?? mode);
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

/** With the rights of the folder that it is in: whoever runs the application must get through. Returns those that were not there. */
function makeFolders(baseDir: string): readonly string[] {
  const made: string[] = [];
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
  return made;
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY')) throw error;
  }
}

/** What is installed right after this must not have the time of what was there before: nobody would see that it has changed. */
async function untilSettled(written: readonly { readonly settledAt: number }[]): Promise<void> {
  const at = Math.max(0, ...written.map(({ settledAt: seconds }) => seconds));
  await setTimeout(Math.max(0, at * 1000 - Date.now()));
}
