import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { until } from './until.js';

const WAYS = [
  ['unshare', '--pid', '--fork', '--mount-proc'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc'],
];

let found: readonly string[] | undefined | 'unknown' = 'unknown';

/** What makes of the program behind it PID 1 of its own PID namespace; skips the test where that is not allowed. */
export function pidNamespace(t: TestContext): readonly string[] | undefined {
  if (found === 'unknown') found = WAYS.find(([command = '', ...args]) => works(command, args));
  if (found === undefined) t.skip('needs root, or user namespaces, to make a PID namespace with unshare(1)');
  return found;
}

function works(command: string, args: readonly string[]): boolean {
  return spawnSync(command, [...args, 'true']).status === 0;
}

/** The pid, as this process sees it, of the PID 1 that `unshare` has started. */
export function pidOfInit(unshare: number): Promise<number> {
  return until('unshare to start PID 1', () => childrenOf(unshare)[0]);
}

export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // It has ended.
  }
}
