import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EggcupError, hasCode } from '../errors.js';
import { HEALTH_FILES } from './files.js';

export type Opened =
  | { readonly kind: 'writable'; readonly dir: string; readonly lock: Server | undefined }
  /** `dir` can't be written; another one is used in its place. */
  | { readonly kind: 'fallback'; readonly dir: string; readonly lock: Server | undefined; readonly reason: string }
  | { readonly kind: 'unwritable'; readonly dir: string; readonly reason: string };

/**
 * Makes `dir` ours: creates it, locks it, and removes what an earlier life left in it.
 * Where it can't be written and `mayFallBack`, a directory under the system's temporary one takes its place.
 * Throws `ERR_HEALTH_DIR_TAKEN` when another living master writes to it.
 */
export async function openHealthDir(dir: string, mayFallBack: boolean): Promise<Opened> {
  const reason = whyUnwritable(dir);
  if (reason === undefined) return { kind: 'writable', dir, lock: await claim(dir) };
  if (!mayFallBack) return { kind: 'unwritable', dir, reason };
  const fallback = join(tmpdir(), `eggcup-${userInfo().uid}`);
  if (whyUnwritable(fallback) !== undefined) return { kind: 'unwritable', dir, reason };
  return { kind: 'fallback', dir: fallback, lock: await claim(fallback), reason };
}

/** Tries what will be done: makes the directory and a file in it. */
function whyUnwritable(dir: string): string | undefined {
  const probe = join(dir, '.eggcup.tmp');
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function claim(dir: string): Promise<Server | undefined> {
  const lock = process.platform === 'linux' ? await lockDirectory(dir) : undefined;
  for (const file of HEALTH_FILES) rmSync(join(dir, file), { force: true });
  return lock;
}

/**
 * An abstract Unix socket named for the directory is the lock: the kernel frees it with the process, however that
 * ends, so a restart after kill -9 never meets a stale one. It is seen in one network namespace, as in one pod.
 */
function lockDirectory(dir: string): Promise<Server> {
  // With its birth: the inode of a directory that was removed under a living master is given to another.
  const { dev, ino, birthtimeNs } = statSync(dir, { bigint: true });
  const name = createHash('sha256').update(`${dev}:${ino}:${birthtimeNs}`).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = new EggcupError(
        'ERR_HEALTH_DIR_TAKEN',
        `health.dir ${dir} is in use by another running eggcup; give each its own health.dir`,
        { cause: error },
      );
      reject(hasCode(error, 'EADDRINUSE') ? taken : error);
    });
    server.listen(`\0eggcup-health-${name}`, () => resolve(server.unref()));
  });
}
