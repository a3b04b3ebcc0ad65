import { readdirSync, readlinkSync } from 'node:fs';
import { hasCode } from '../errors.js';

const STANDARD = [0, 1, 2];
/** sd_listen_fds(3): the first of LISTEN_FDS. */
const FIRST_PASSED = 3;

/**
 * The descriptors that this process was started with, to be handed on (sockets of LISTEN_FDS, a shell's `3>file`). Node
 * marks them like its own, so its own are told by what they are.
 */
export function inheritedDescriptors(env: NodeJS.ProcessEnv): Int32Array {
  const found = readDescriptors() ?? promised(env);
  return Int32Array.from([...STANDARD, ...found]);
}

/**
 * Of descriptors with what each refers to (as /proc/self/fd tells it) those that are not Node's own: its event loops and
 * wake-ups have no name of their own, and of its pipes both ends are here.
 */
export function notNodes(descriptors: ReadonlyMap<number, string>): readonly number[] {
  const targets = [...descriptors.values()];
  const isNodes = (target: string): boolean => {
    if (target.startsWith('anon_inode:')) return true;
    return target.startsWith('pipe:') && targets.filter((other) => other === target).length > 1;
  };
  return [...descriptors].filter(([, target]) => !isNodes(target)).map(([descriptor]) => descriptor);
}

function readDescriptors(): readonly number[] | undefined {
  let names: readonly string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
  const found = new Map<number, string>();
  for (const name of names) {
    const target = readTarget(name);
    if (target !== undefined && Number(name) >= FIRST_PASSED) found.set(Number(name), target);
  }
  return notNodes(found);
}

/** `undefined` for the descriptor by which the folder was read. */
function readTarget(name: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${name}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** What the environment tells, where /proc doesn't. */
function promised(env: NodeJS.ProcessEnv): readonly number[] {
  const count = Number(env['LISTEN_FDS'] ?? 0);
  return Number.isInteger(count) ? Array.from({ length: count }, (_, index) => FIRST_PASSED + index) : [];
}
