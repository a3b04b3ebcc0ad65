import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Puts a whole file in the place of another, with these rights, whatever the umask; a failure leaves nothing. Throws the system's error. */
export function replaceFile(file: string, bytes: Buffer, mode: number): void {
  const draft = `${file}.tmp`;
  try {
    writeFileSync(draft, bytes);
    chmodSync(draft, mode);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
