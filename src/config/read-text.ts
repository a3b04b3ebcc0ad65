import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { hasCode } from '../errors.js';

/** Far more than a config or a secret can need. */
const MAX_BYTES = 2 ** 20;
const CHUNK_BYTES = 65_536;
const POLL_MS = 10;

/** How long others may let a start wait, all files together: nobody hears a signal meanwhile. */
interface Patience {
  leftMs: number;
}

const OF_A_START: Patience = { leftMs: 10_000 };

/**
 * The text of a file. What is no regular file (`--config <(…)`, a FIFO, a terminal) may give its text late, never, or without
 * end: while a cluster starts it is waited for, while one runs it is refused.
 */
export function readText(path: string, isRunning: boolean, patience: Patience = OF_A_START): string {
  const stat = statSync(path);
  // A folder has its own error when it is read.
  if (stat.isFile() || stat.isDirectory()) return readFileSync(path, 'utf8');
  if (isRunning) throw new Error('it is no regular file, and a running master cannot wait for it');
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readAll(fd, stat.isFIFO() && !isAnonymous(path), patience);
  } finally {
    closeSync(fd);
  }
}

/** A pipe of `<(…)`: whoever writes it has it open from the start. */
function isAnonymous(path: string): boolean {
  return /^\/(?:dev\/fd|proc\/[^/]+\/fd)\//.test(path);
}

function readAll(fd: number, mayComeLate: boolean, patience: Patience): string {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = readChunk(fd);
    if (chunk !== undefined && chunk.length > 0) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) throw new Error('it is no regular file, and gives more than 1 MiB');
      continue;
    }
    // The end of a FIFO that has given nothing: perhaps nobody has opened it for writing yet.
    if (chunk !== undefined && !(mayComeLate && length === 0)) return Buffer.concat(chunks).toString('utf8');
    if (patience.leftMs <= 0) {
      const what = length === 0 ? 'nobody has written anything to it' : 'nobody has written its end';
      throw new Error(`it is no regular file, and ${what} in time`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    patience.leftMs -= POLL_MS;
  }
}

/** Empty at the end; `undefined` while there is nothing yet. */
function readChunk(fd: number): Buffer | undefined {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    return chunk.subarray(0, readSync(fd, chunk));
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return undefined;
    throw error;
  }
}
