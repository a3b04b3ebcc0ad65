import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { meaningOf } from './exit-codes.js';

/** The kubelet's; the config may name another. */
export const DEFAULT_TERMINATION_LOG = '/dev/termination-log';
/** The kubelet shows no more. */
const MAX_BYTES = 4096;
/** So that a long error does not push out everything else. */
const MAX_REASON_BYTES = 1024;
const MAX_ERROR_BYTES = 2048;
/** The file is there or not; a FIFO without a reader must not hold up the end (ENXIO). */
const FLAGS = constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK;

export interface Termination {
  readonly code: number;
  readonly reason: string;
  /** The code is a command's: what it means only the command knows. */
  readonly isCommands?: boolean;
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
  if (termination.code === 0) return;
  try {
    const file = openSync(path, FLAGS);
    try {
      writeSync(file, terminationText(termination, new Date()));
    } finally {
      closeSync(file);
    }
  } catch {
    // Whatever the reason, unwritable is harmless: the log has said the same.
  }
}

/** At most 4096 bytes of plain words, control characters as `\x1b`; what happened comes first. */
export function terminationText({ code, reason, isCommands, exits, lastError }: Termination, at: Date): string {
  const meaning = isCommands === true ? undefined : meaningOf(code);
  const isAlone = exits.length === 0 && lastError === undefined;
  const lines = [
    `eggcup exits with code ${code}: ${cut(printable(reason), isAlone ? MAX_BYTES : MAX_REASON_BYTES)}`,
    `at ${at.toISOString()}${meaning === undefined ? '' : `; code ${code} means: ${meaning}`}`,
    ...(exits.length === 0 ? [] : ['last exits:', ...exits]),
    ...(lastError === undefined ? [] : ['last error:', cut(printable(lastError), MAX_ERROR_BYTES)]),
  ];
  return cut(`${lines.join('\n')}\n`, MAX_BYTES);
}

function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Not in the middle of a character: UTF-8 continues one with bytes of the form 10xxxxxx. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
