import { resolve } from 'node:path';
import { EggcupError } from '../errors.js';
import type { Answer, Surroundings } from './command.js';
import type { Given } from './options.js';

/** Where the master's control socket is, by the options: the folder is found as `eggcup-probe` finds it. */
export function socketOf({ dir, socket }: Given, { env, cwd }: Surroundings): string {
  const named = env['EGGCUP_HEALTH_DIR'] || '/run/eggcup'; // Empty counts as unset, as in the config.
  return resolve(cwd, socket ?? `${dir ?? named}/control.sock`);
}

/** What a command answers when it could not talk to the master, or throws what is no fault of theirs. */
export function answerSilence(name: string, error: unknown): Answer {
  if (error instanceof EggcupError) return failed(name, error.message);
  throw error;
}

export function failed(name: string, why: string): Answer {
  return { code: 1, err: `eggcup ${name}: ${why}` };
}
