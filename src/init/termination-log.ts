import { existsSync, writeFileSync } from 'node:fs';
import { meaningOf } from './exit-codes.js';

/** The kubelet's; the config may name another. */
export const DEFAULT_TERMINATION_LOG = '/dev/termination-log';
/** The kubelet shows no more. */
const MAX_BYTES = 4096;

export interface Termination {
  readonly code: number;
  readonly reason: string;
  /** The last exits of children, oldest first. */
  readonly exits: readonly string[];
  /** The first lines of the last error that a process told of. */
  readonly lastError?: string | undefined;
}

/**
 * Leaves the reason of a non-zero exit where `kubectl describe pod` shows it.
 * The file is the kubelet's, which makes it beforehand: where it is not there, nothing is written.
 */
export function writeTerminationLog(path: string, termination: Termination): void {
  if (termination.code === 0 || !existsSync(path)) return;
  try {
    writeFileSync(path, terminationText(termination, new Date()));
  } catch {
    // Whatever the reason, unwritable is harmless: the log has said the same.
  }
}

/** At most 4096 bytes of plain words; what happened comes first. */
export function terminationText({ code, reason, exits, lastError }: Termination, at: Date): string {
  const meaning = meaningOf(code);
  const lines = [
    `eggcup exits with code ${code}: ${reason}`,
    `at ${at.toISOString()}${meaning === undefined ? '' : `; code ${code} means: ${meaning}`}`,
    ...(exits.length === 0 ? [] : ['last exits:', ...exits]),
    ...(lastError === undefined ? [] : ['last error:', lastError]),
  ];
  return cut(Buffer.from(`${lines.join('\n')}\n`));
}

/** Not in the middle of a character: UTF-8 continues one with bytes of the form 10xxxxxx. */
function cut(text: Buffer): string {
  if (text.length <= MAX_BYTES) return text.toString();
  let end = MAX_BYTES;
  while (((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return text.subarray(0, end).toString();
}
