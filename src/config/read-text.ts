import { isUtf8 } from 'node:buffer';
import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { hasCode } from '../errors.js';

/** Far more than a config or a secret can need. */
const MAX_BYTES = 2 ** 20;
const CHUNK_BYTES = 65_536;
const POLL_MS = 10;
const NEWLINE = 0x0a;

/** How long others may let a reader wait, all files together: nobody hears a signal meanwhile. */
export interface Patience {
  leftMs: number;
}

/** A start has time, but whoever started it waits too. */
export const START_PATIENCE_MS = 10_000;

/**
 * The text of a file, which is UTF-8. What is no regular file (`--config <(…)`, a FIFO, a terminal) may give its text late, never, or without
 * end: it is waited for with `patience`, and refused without. Throws Error with the remedy, and the system's.
 */
export function readText(path: string, patience: Patience | undefined): string {
  return toText(readBytes(path, patience));
}

/** The same, whatever it holds. */
export function readBytes(path: string, patience: Patience | undefined): Buffer {
  const stat = statSync(path);
  // A folder has its own error when it is read.
  if (stat.isFile() || stat.isDirectory()) return readFileSync(path);
  if (patience === undefined)
    throw new Error('it is no regular file, and a running master cannot wait for it; put a regular file there');
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

function readAll(fd: number, mayComeLate: boolean, patience: Patience): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = readChunk(fd);
    if (chunk !== undefined && chunk.length > 0) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) throw new Error('it is no regular file, and gives more than 1 MiB; name a file');
      continue;
    }
    // The end of a FIFO that has given nothing: perhaps nobody has opened it for writing yet.
    if (chunk !== undefined && !(mayComeLate && length === 0)) return Buffer.concat(chunks);
    if (patience.leftMs <= 0) {
      const what = length === 0 ? 'nobody has written anything to it' : 'nobody has written its end';
      throw new Error(`it is no regular file, and ${what} in time; name a file, or write it sooner`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    patience.leftMs -= POLL_MS;
  }
}

/** Bytes that are no UTF-8 would be replaced without a word, in a password too. None of them is shown: it may be one. */
function toText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text;
  const again = Buffer.from(text);
  const at = bytes.findIndex((byte, index) => byte !== again[index]);
  const line = bytes.subarray(0, at).filter((byte) => byte === NEWLINE).length + 1;
  throw new Error(`line ${line} is not UTF-8 text; save it as UTF-8`);
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
