import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TRAINING_VARIABLE } from '../ipc/environment.js';

const entry = fileURLToPath(new URL('../entry.js', import.meta.url));
const LINES_SHOWN = 20;

/** Last, so that they win: one worker shows what all load, and nothing is left of it but the drafts. */
function onlyForTraining(folder: string, reason: string): readonly string[] {
  const settings = {
    'workers.count': 1,
    'workers.standby': 0,
    'health.dir': folder,
    'health.minReady': 1,
    'health.http.enabled': false,
    'control.enabled': false,
    'shutdown.delay': '0s',
    terminationLog: reason,
    'log.format': 'json',
    'log.level': 'info',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

/**
 * Starts the application as the entrypoint does, which finds the config by the same `words`, and stops it when it is ready. Its processes write drafts into the
 * folder. Returns why it did not get ready. Throws the signal's reason once it has ended.
 */
export async function startOnce(
  words: readonly string[],
  drafts: string,
  { env, cwd }: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const reason = join(drafts, 'reason');
  writeFileSync(reason, ''); // The entrypoint writes into one that is there.
  signal.throwIfAborted();
  const child = spawn(process.execPath, [entry, ...words, ...onlyForTraining(drafts, reason)], {
    cwd,
    env: { ...env, [TRAINING_VARIABLE]: drafts },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
