import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '../errors.js';

/** A folder, or a `package.json`: its path, its last change in whole seconds, and of a file its size. */
export type Fact = readonly [path: string, seconds: number, size?: number];

/** Images keep times rounded to a second, up or down. */
const TOLERANCE_S = 1;

const FOLDER = '/node_modules';

/** The outermost `node_modules` that a file is in; `undefined` when it is in none. */
export function packagesOf(file: string): string | undefined {
  const end = `${file}/`.indexOf(`${FOLDER}/`);
  return end < 0 ? undefined : file.slice(0, end + FOLDER.length);
}

/** One answer of Node's: what `request` from a module in `folder` is. All three lie in the same outermost `node_modules`. */
export interface Answer {
  readonly folder: string;
  readonly request: string;
  readonly file: string;
}

/**
 * What these answers rest on: each folder in which Node has looked, or would look first if something were there, for its entries; and
 * each `package.json` that has a say. As long as none of it changes, Node finds the same (its algorithm: https://nodejs.org/api/modules.html#all-together).
 */
export function factsOf(answers: Iterable<Answer>): readonly Fact[] {
  const folders = new Set<string>();
  const addWithParents = (folder: string): void => {
    const end = packagesOf(folder) ?? folder;
    for (let at = folder; at.length >= end.length && !folders.has(at); at = dirname(at)) folders.add(at);
  };
  const lookedAt = new Set<string>();
  for (const { folder, request, file } of answers) {
    addWithParents(folder);
    addWithParents(dirname(file));
    if (/^(?:\.|\/|#)/.test(request)) continue;
    const [scope = '', name = ''] = request.split('/');
    const found = request.startsWith('@') ? [scope, `${scope}/${name}`] : [scope];
    const end = packagesOf(folder) ?? folder;
    for (let at = folder; at.length >= end.length; at = dirname(at)) {
      const packages = at.endsWith(FOLDER) ? at : join(at, FOLDER);
      for (const path of [packages, ...found.map((part) => join(packages, part))]) lookedAt.add(path);
    }
  }
  const there = [...new Set([...folders, ...lookedAt])].map((folder) => factOf(folder, 'folder')).filter(isDefined);
  const manifests = there.map(([folder]) => factOf(join(folder, 'package.json'), 'file')).filter(isDefined);
  return [...there, ...manifests].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The first that is no longer as it was. */
export function firstChanged(facts: readonly Fact[]): string | undefined {
  return facts.find(([path, seconds, size]) => {
    const now = factOf(path, size === undefined ? 'folder' : 'file');
    return now === undefined || Math.abs(now[1] - seconds) > TOLERANCE_S || now[2] !== size;
  })?.[0];
}

/** From then on, in seconds since 1970, `firstChanged` sees each change. */
export function settledAt(facts: readonly Fact[]): number {
  return facts.reduce((latest, [, seconds]) => Math.max(latest, seconds + TOLERANCE_S + 1), 0);
}

function isDefined(fact: Fact | undefined): fact is Fact {
  return fact !== undefined;
}

/** `undefined` where there is nothing of that kind. */
function factOf(path: string, kind: 'folder' | 'file'): Fact | undefined {
  const stat = statOf(path);
  if (stat === undefined || stat.isDirectory() !== (kind === 'folder')) return undefined;
  const seconds = Math.floor(stat.mtimeMs / 1000);
  return kind === 'folder' ? [path, seconds] : [path, seconds, stat.size];
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
