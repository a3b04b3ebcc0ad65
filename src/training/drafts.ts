import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Head, openModuleCache } from '../module-cache/format.js';
import { moduleCacheFile, type Role, textsFile } from '../module-cache/place.js';
import { replaceFile } from '../replace-file.js';

/** What a process of the application has written. */
export interface Draft {
  readonly role: Role;
  readonly path: string;
  readonly head: Head;
}

/** Of a role's processes the one that came farthest: one that was started anew may have failed earlier. */
export function bestOf(drafts: string, role: Role): Draft | undefined {
  const [path] = readdirSync(drafts)
    .filter((name) => name.startsWith(`${role}.`) && name.endsWith('.cache'))
    .map((name) => join(drafts, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size);
  const head = path === undefined ? undefined : headIn(path);
  return path === undefined || head === undefined ? undefined : { role, path, head };
}

/** What has become of a draft. */
export type Kept =
  | {
      readonly kind: 'written';
      readonly file: string;
      /** How many files' code it has, and how many requests' answers. */
      readonly code: number;
      readonly resolved: number;
      /** Why one of them could not be kept. */
      readonly without: readonly string[];
    }
  /** The start has failed, and what an earlier one has left stays. */
  | { readonly kind: 'older'; readonly file: string };

/** Puts it where the application's processes look for it. Throws the system's error. */
export function keep({ role, path, head }: Draft, baseDir: string, hasFailed: boolean): Kept {
  const file = moduleCacheFile(baseDir, role);
  if (hasFailed && existsSync(file)) return { kind: 'older', file };
  const mode = commonMode(head.files);
  const texts = textsFile(file, head.texts);
  replaceFile(texts, readFileSync(textsFile(path, head.texts)), mode);
  replaceFile(file, readFileSync(path), mode);
  removeOtherTexts(file, texts);
  const resolved = Object.values(head.resolved).reduce((sum, here) => sum + Object.keys(here.requests).length, 0);
  return { kind: 'written', file, code: head.code.length, resolved, without: head.without };
}

/** Those of earlier caches. Who has one of them mapped keeps it. */
function removeOtherTexts(cacheFile: string, texts: string): void {
  const [folder, start] = [dirname(cacheFile), basename(cacheFile, '.cache')];
  for (const name of readdirSync(folder)) {
    const isTheirs = name.startsWith(`${start}.`) && name.endsWith('.texts');
    if (isTheirs && name !== basename(texts)) rmSync(join(folder, name), { force: true });
  }
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
