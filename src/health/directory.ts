import { lstatSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EggcupError } from '../errors.js';
import { takeLock } from '../lock.js';
import { HEALTH_FILES } from './files.js';
import { makeDirectory } from './make-directory.js';

export type Opened =
  | { readonly kind: 'writable'; readonly dir: string }
  /** `dir` can't be written; another one is used in its place. */
  | { readonly kind: 'fallback'; readonly dir: string; readonly reason: string }
  | { readonly kind: 'unwritable'; readonly dir: string; readonly reason: string };

/**
 * Makes `dir` ours for as long as this process lives: creates it, locks it, and removes what an earlier life left in it.
 * Where it can't be written and `mayFallBack`, a directory under the system's temporary one takes its place.
 * Throws `ERR_HEALTH_DIR_TAKEN` when another living master writes to it.
 */
export async function openHealthDir(dir: string, mayFallBack: boolean): Promise<Opened> {
  const reason = await takeOver(dir);
  if (reason === undefined) return { kind: 'writable', dir };
  if (!mayFallBack) return { kind: 'unwritable', dir, reason };
  const fallback = fallbackDir();
  if (!isSafe(fallback) || (await takeOver(fallback)) !== undefined) return { kind: 'unwritable', dir, reason };
  return { kind: 'fallback', dir: fallback, reason };
}

/** What takes the place of a directory that can't be written, as in development. */
export function fallbackDir(): string {
  return join(tmpdir(), `eggcup-${ownUid()}`);
}

/** Not `os.userInfo`, which fails for a user without an entry in passwd(5), as `runAsUser` often is. */
function ownUid(): number {
  return process.getuid?.() ?? 0;
}

/** In a directory that all may write to, another user can have prepared the place. */
function isSafe(dir: string): boolean {
  const found = lstatSync(dir, { throwIfNoEntry: false });
  return found === undefined || (found.isDirectory() && found.uid === ownUid());
}

/** Returns why it can't be written, found out by doing what will be done. */
async function takeOver(dir: string): Promise<string | undefined> {
  const locks: Server[] = [];
  try {
    makeDirectory(dir);
    const trial = join(dir, '.eggcup.tmp');
    writeFileSync(trial, '');
    rmSync(trial);
    if (process.platform === 'linux') for (const name of lockNames(dir)) locks.push(await lock(name, dir));
    for (const file of HEALTH_FILES) rmSync(join(dir, file), { force: true, recursive: true });
    return undefined;
  } catch (error) {
    for (const server of locks) server.close();
    if (error instanceof EggcupError) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Two names, for a directory is known by itself (two containers may mount it in different places) and by its place
 * (somebody may remove it, and the master makes another there). With its birth, because the inode of what was
 * removed is soon given to another.
 */
function lockNames(dir: string): readonly string[] {
  const identity = (path: string): string => {
    const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  };
  const identities = [identity(dir), `${identity(dirname(dir))}/${basename(dir)}`];
  return identities.map((text) => (Buffer.byteLength(text) <= MAX_NAME_BYTES ? text : digestOf(text)));
}

/** Most fit into sun_path (108 bytes, unix(7)) as they are. */
const MAX_NAME_BYTES = 90;

function digestOf(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto'); // Takes 3 to 8 ms to load.
  return createHash('sha256').update(text).digest('hex');
}

async function lock(name: string, dir: string): Promise<Server> {
  const held = await takeLock(`health-${name}`);
  if (held !== undefined) return held;
  throw new EggcupError(
    'ERR_HEALTH_DIR_TAKEN',
    `health.dir ${dir} is in use by another running eggcup; give each its own health.dir`,
  );
}
