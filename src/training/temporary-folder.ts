import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EggcupError, messageOf } from '../errors.js';

/** A folder for what a training start writes. Throws `ERR_TEMPORARY` where there is no place for one. */
export function makeTemporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'eggcup-compile-'));
  } catch (cause) {
    const message = `there is no place for temporary files (${messageOf(cause)}); set TMPDIR to a folder that can be written`;
    throw new EggcupError('ERR_TEMPORARY', message, { cause });
  }
}
