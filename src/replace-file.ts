import { chmodSync, closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** What is written at once the kernel keeps in pieces of up to 2 MB, and Linux 6.18 maps all or nothing of a piece: too much, for who reads a word here and there. */
const PIECE_BYTES = 64 * 1024;

/** Puts a whole file in the place of another, with these rights, whatever the umask; a failure leaves nothing. Throws the system's error. */
export function replaceFile(file: string, bytes: Buffer, mode: number): void {
  const draft = `${file}.${process.pid}-${Date.now()}.tmp`; // Another one may do the same.
  try {
    writeInPieces(draft, bytes);
    chmodSync(draft, mode);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function writeInPieces(file: string, bytes: Buffer): void {
  const descriptor = openSync(file, 'wx');
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      writeFileSync(descriptor, bytes.subarray(at, at + PIECE_BYTES));
  } finally {
    closeSync(descriptor);
  }
}
