import { lstatSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { hasCode } from '../errors.js';
import { ConfigError } from './config-error.js';
import type { Origin } from './origin.js';
import { type Patience, readText } from './read-text.js';

/** Where the config is looked for. */
export interface ConfigRequest {
  /** What `--config` names. */
  readonly file: string | undefined;
  /** What `--set` says, each `KEY=VALUE`. */
  readonly set?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The bundled example, absolute: what runs when there is no other config. */
  readonly exampleFile: string;
  /** By default `/etc/eggcup/cluster.yaml`. */
  readonly systemFile?: string;
  /** A master runs by another config: nothing may be waited for. */
  readonly isRunning?: boolean;
}

export type ConfigOrigin = 'option' | 'variable' | 'cwd' | 'system' | 'example';

/** The file that was found. */
export interface ConfigFile {
  readonly file: string;
  /** The file's name for people: relative to the working directory when it is below it. */
  readonly label: string;
  readonly origin: ConfigOrigin;
  readonly text: string;
}

/** Reads the file that is named, else the first that exists; what others still write is waited for with `patience`. */
export function readConfigFile(request: ConfigRequest, patience: Patience | undefined): ConfigFile {
  const { file, env, cwd, exampleFile, systemFile, isRunning } = request;
  const variable = env['EGGCUP_CONFIG'];
  // A running master has found its file, whoever named it then.
  const option: Origin | undefined = isRunning === true ? undefined : { kind: 'option', name: '--config' };
  if (file !== undefined) return readNamed(resolve(cwd, file), 'option', option, cwd, patience);
  if (variable !== undefined && variable !== '')
    return readNamed(resolve(cwd, variable), 'variable', { kind: 'variable', name: 'EGGCUP_CONFIG' }, cwd, patience);
  return (
    read(join(cwd, 'cluster.yaml'), 'cwd', undefined, cwd, patience) ??
    read(systemFile ?? '/etc/eggcup/cluster.yaml', 'system', undefined, cwd, patience) ??
    readNamed(exampleFile, 'example', undefined, cwd, patience)
  );
}

/** Far more than a config can need; it is read at once, and `--config` may name anything. */
const MAX_LENGTH = 2 ** 20;

function readNamed(
  file: string,
  origin: ConfigOrigin,
  namedBy: Origin | undefined,
  cwd: string,
  patience: Patience | undefined,
): ConfigFile {
  const found = read(file, origin, namedBy, cwd, patience);
  if (found !== undefined) return found;
  const path = JSON.stringify(file);
  if (namedBy === undefined) throw failure(undefined, `${path}: no such file any more; put a config there`);
  throw failure(namedBy, `names ${path}: no such file; name a config file that exists`);
}

/** `namedBy` is whoever asks for this file and no other. */
function read(
  file: string,
  origin: ConfigOrigin,
  namedBy: Origin | undefined,
  cwd: string,
  patience: Patience | undefined,
): ConfigFile | undefined {
  const label = labelOf(file, cwd);
  const subject = namedBy === undefined ? label : `names ${label}`;
  const refuse = (what: string, cause?: unknown): ConfigError => failure(namedBy, `${subject}: ${what}`, cause);
  try {
    const text = readText(file, patience);
    if (text.length > MAX_LENGTH) throw refuse('is larger than 1 MiB, so it is no config');
    return { file, label, origin, text };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (isMissing(error)) {
      // Somebody meant it to be there: another config in its place would be a surprise.
      if (isDangling(file)) throw refuse('is a link to nothing; mend it or remove it', error);
      return undefined;
    }
    if (hasCode(error, 'EISDIR')) throw refuse('is a folder; name the config file in it', error);
    if (hasCode(error, 'EACCES')) throw refuse('there is no permission to read it; change its mode or owner', error);
    throw refuse(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');
}

function isDangling(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function labelOf(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}

function failure(namedBy: Origin | undefined, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ origin: namedBy, path: [], message }], cause === undefined ? undefined : { cause });
}
