import { write, writeSync } from 'node:fs';
import { format } from 'node:util';
import type { ChildLogEvent, ChildLogLevel, FromChild, UserMessage } from '../ipc/protocol.js';

/** Sends to the master; resolves once it is written, or when there is nobody to write to. */
export function sendToMaster(message: FromChild | UserMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    // An error means that the master's end is gone: the disconnect says so too, and ends this process.
    process.send(message, undefined, undefined, () => resolve());
  });
}

/** A line for the master's log. Without a master what matters goes to standard error, in the same form. */
export function logToMaster(event: ChildLogEvent, level: ChildLogLevel, text: string): void {
  if (process.connected) {
    void sendToMaster({ eggcup: 'log', event, level, text });
    return;
  }
  if (level === 'info') return;
  const line = { level, time: new Date().toISOString(), name: 'eggcup', pid: process.pid, event, text };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // EPIPE, EAGAIN: nobody reads.
  }
}

/** graceful-process' logger: its lines become the master's. */
export const gracefulLogger = {
  info: (...args: unknown[]): void => logToMaster('graceful-process', 'info', format(...args)),
  warn: (...args: unknown[]): void => logToMaster('graceful-process', 'warn', format(...args)),
  error: (...args: unknown[]): void => logToMaster('graceful-process', 'error', format(...args)),
};

/** Tells the master why this process can't start, prints it for people, and exits. */
export async function failStart(error: unknown): Promise<never> {
  const { message, code, stack } = describeError(error);
  const isForNode = isPlaceless(error);
  if (!isForNode) await printError(stack);
  await sendToMaster({ eggcup: 'start-failed', message, code, stack });
  if (isForNode) return throwAway(error);
  process.exit(1);
}

/** An ES module that can't be parsed was read by Node's loader, not by a call of somebody's: Node alone knows the place. */
function isPlaceless(error: unknown): boolean {
  if (!(error instanceof SyntaxError) || error.stack?.startsWith('SyntaxError: ') !== true) return false;
  const madeAt = error.stack.split('\n').find((line) => line.startsWith('    at '));
  return madeAt?.includes('node:internal/modules/esm/') === true;
}

/** Node prints an error with its place when nobody catches it, and exits with 1. */
function throwAway(error: unknown): Promise<never> {
  process.removeAllListeners('uncaughtException');
  setImmediate(() => {
    throw error;
  });
  return new Promise(() => undefined);
}

/**
 * Prints for people, on standard error. Never in the way: who reads it may be gone (EPIPE), or stand still, which
 * must not hold up what comes next.
 */
export function printError(text: string): Promise<void> {
  return new Promise((resolve) => {
    write(2, `${text}\n`, () => resolve());
    setTimeout(resolve, PRINT_MS);
  });
}

const PRINT_MS = 500;

/** What is worth telling of anything that was thrown. */
export function describeError(error: unknown): { message: string; code: string | undefined; stack: string } {
  if (!(error instanceof Error)) return { message: String(error), code: undefined, stack: format(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { message: error.message, code, stack: error.stack ?? error.message };
}
