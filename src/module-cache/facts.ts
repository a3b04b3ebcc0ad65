import { type Stats, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
  const folders = new Folders();
  for (const { folder, request, file } of answers) {
    folders.add(folder);
    folders.add(dirname(file));
    for (const path of candidatesOf(folder, request)) folders.add(path);
  }
  const manifests = new Map<string, Fact>();
  // A package may name a main file that is not there, for which index.js stands in: until it is there. (A Set goes on with what is added.)
  for (const folder of folders.all) {
    const file = join(folder, 'package.json');
    const fact = factOf(file, 'file');
    if (fact === undefined) continue;
    manifests.set(file, fact);
    const main = mainIn(file);
    if (main !== undefined) folders.add(resolve(folder, main));
  }
  const there = [...folders.all].map((folder) => factOf(folder, 'folder')).filter(isDefined);
  return [...there, ...manifests.values()].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Folders with all that they are in, up to the outermost `node_modules`. */
class Folders {
  readonly all = new Set<string>();

  add(path: string): void {
    const end = packagesOf(path);
    if (end === undefined) return;
    for (let at = path; at.length >= end.length && !this.all.has(at); at = dirname(at)) this.all.add(at);
  }
}

/** What Node tries for a request, nearest first, were it a folder. */
function candidatesOf(folder: string, request: string): readonly string[] {
  if (request.startsWith('#')) return [];
  if (/^\.{0,2}\//.test(request) || request === '.' || request === '..') return [resolve(folder, request)];
  const end = packagesOf(folder) ?? folder;
  const found: string[] = [];
  for (let at = folder; at.length >= end.length; at = dirname(at))
    found.push(join(at.endsWith(FOLDER) ? at : join(at, FOLDER), request));
  return found;
}

function mainIn(manifest: string): string | undefined {
  try {
    const { main } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly main?: unknown };
    return typeof main === 'string' ? main : undefined;
  } catch (error) {
    // Node would have said so, if it had needed it.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The first that is no longer as it was. */
export function firstChanged(facts: readonly Fact[]): string | undefined {
  return facts.find(([path, seconds, size]) => {
    const now = factOf(path, size === undefined ? 'folder' : 'file');
    return now === undefined || Math.abs(now[1] - seconds) > TOLERANCE_S || now[2] !== size;
  })?.[0];
}

/** The first that was changed after this time, in milliseconds since 1970. */
export function firstAfter(facts: readonly Fact[], milliseconds: number): string | undefined {
  return facts.find(([path]) => (statOf(path)?.mtimeMs ?? Infinity) > milliseconds)?.[0];
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
