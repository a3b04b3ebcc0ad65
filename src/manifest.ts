import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EggcupError, messageOf } from './errors.js';

/** A package.json, of which nothing is known but that it holds an object. */
export type Manifest = Readonly<Record<string, unknown>>;

/** The folder's package.json, with or without a byte order mark, as Node reads it; `{}` where there is none. Throws `ERR_MANIFEST`. */
export function readManifest(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return {};
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new EggcupError('ERR_MANIFEST', `${file} cannot be read: ${messageOf(error)}; mend it`, { cause: error });
  }
  if (typeof value !== 'object' || value === null)
    throw new EggcupError('ERR_MANIFEST', `${file} is no package.json: it must hold an object`);
  return value as Manifest;
}
