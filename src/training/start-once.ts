import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TRAINING_VARIABLE } from '../ipc/environment.js';

const LINES_SHOWN = 20;

/** Last, so that they win: one worker shows what all load, and nothing is left of it but the drafts. */
function onlyForTraining(folder: string, reason: string): readonly string[] {
  const settings = {
    'workers.count': 1,
    'workers.standby': 0,
    'health.dir': folder,
    'health.minReady': 1,
    'health.http.enabled': false,
    'shutdown.delay': '0s',
    terminationLog: reason,
    'log.format': 'json',
    'log.level': 'info',
  };
  return Object.entries(settings).map(([key, value]) => `${key}=${value}`);
}

/** A start that is watched. */
export interface Start {
  /** A program that takes the entrypoint's words, with Node's before it and those behind. */
  readonly words: readonly string[];
  /** So long it is left alone when it is ready. */
  readonly restMs: number;
  /** For whatever it writes. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/**
 * Starts a cluster with one worker, and stops it when it is ready. Its processes write drafts into the folder. Returns why it did not get ready. Throws the signal's
 * reason once it has ended.
 */
export async function startOnce(
  { words, restMs, folder, env, cwd }: Start,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reason = join(folder, 'reason');
  writeFileSync(reason, ''); // The entrypoint writes into one that is there.
  signal.throwIfAborted();
  const set = onlyForTraining(folder, reason).flatMap((setting) => ['--set', setting]);
  const child = spawn(process.execPath, [...words, ...set], {
    cwd,
    env: { ...env, [TRAINING_VARIABLE]: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): unknown => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  let isReady = false;
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (isReady || !saysReady(line)) return;
    isReady = true;
    setTimeout(stop, restMs);
  });
  createInterface(child.stderr).on('line', (line) => {
    errors.push(line);
    if (errors.length > LINES_SHOWN) errors.shift();
  });
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  signal.throwIfAborted();
  if (isReady) return undefined;
  return (
    readFileSync(reason, 'utf8').trimEnd() ||
    errors.join('\n') ||
    `it was ended by ${child.signalCode ?? child.exitCode}`
  );
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
