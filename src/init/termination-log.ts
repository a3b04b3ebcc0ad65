import { existsSync, writeFileSync } from 'node:fs';

/** The kubelet shows no more. */
const MAX_BYTES = 4096;

export interface Termination {
  readonly code: number;
  readonly reason: string;
  /** The last exits of children, oldest first. */
  readonly exits: readonly string[];
}

/**
 * Leaves the reason of a non-zero exit where `kubectl describe pod` shows it.
 * The file is the kubelet's, which makes it beforehand: where it is not there, nothing is written.
 */
export function writeTerminationLog(path: string, termination: Termination): void {
  if (termination.code === 0 || !existsSync(path)) return;
  try {
    writeFileSync(path, terminationText(termination));
  } catch {
    // Unwritable is harmless: the log has said the same.
  }
}

/** At most 4096 bytes of plain words; what happened comes first. */
export function terminationText({ code, reason, exits }: Termination): string {
  const lines = [`eggcup exits with code ${code}: ${reason}`, ...(exits.length === 0 ? [] : ['last exits:', ...exits])];
  return Buffer.from(`${lines.join('\n')}\n`)
    .subarray(0, MAX_BYTES)
    .toString();
}
