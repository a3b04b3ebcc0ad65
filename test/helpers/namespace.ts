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

const NETWORK = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
];
const SET_UP = 'ip link set lo up && echo "$0" >/proc/sys/net/ipv4/tcp_migrate_req && exec "$@"';

/**
 * What runs the program behind it in a network of its own, where connections that wait in a queue that is closed go to another one, or
 * don't; skips the test where that is not allowed.
 */
export function network(t: TestContext, { migrates }: { readonly migrates: boolean }): readonly string[] | undefined {
  const setUp = ['sh', '-c', SET_UP, migrates ? '1' : '0'];
  const unshare = NETWORK.find(([command = '', ...args]) => works(command, [...args, ...setUp]));
  if (unshare !== undefined) return [...unshare, ...setUp];
  t.skip('needs root, or user namespaces, to make a network with unshare(1), and ip(8)');
  return undefined;
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
