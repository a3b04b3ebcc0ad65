import { writeSync } from 'node:fs';
import { hasCode } from '../errors.js';

/** Nobody reads, it is closed or full, or somebody has made a shared pipe non-blocking. */
const UNWRITABLE = ['EPIPE', 'EBADF', 'EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EAGAIN'];

/**
 * Writes a line for people at once, and never by a stream of Node's, which would make a pipe non-blocking that others share.
 * Returns whether it could be written: there is nobody else to tell, and what is being done matters more.
 */
export function writeLine(descriptor: 1 | 2, line: string): boolean {
  try {
    writeSync(descriptor, `${line}\n`);
    return true;
  } catch (error) {
    if (UNWRITABLE.some((code) => hasCode(error, code))) return false;
    throw error;
  }
}
