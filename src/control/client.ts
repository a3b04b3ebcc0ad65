import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { EggcupError, hasCode, messageOf } from '../errors.js';
import type { ControlAnswer, ControlRequest } from './protocol.js';
import { isTooLong, MAX_SOCKET_PATH_BYTES } from './socket-path.js';

/** A master answers at once, but for what takes its time. */
export const ANSWER_MS = 10_000;

/**
 * Asks the master that listens at `path`; without `waitMs` the answer may take as long as it likes. Rejects with EggcupError:
 * `ERR_CONTROL_NOBODY`, `ERR_CONTROL_DENIED` (another user's), `ERR_CONTROL_SILENT`, `ERR_CONTROL_CLOSED`.
 */
export function ask(path: string, request: ControlRequest, waitMs?: number): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    if (isTooLong(path)) {
      const message = `${path} is longer than the ${MAX_SOCKET_PATH_BYTES} bytes that a socket's path may have`;
      reject(new EggcupError('ERR_CONTROL_NOBODY', `${message}; set a shorter control.socket`));
      return;
    }
    const socket = connect(path);
    const late = waitMs === undefined ? undefined : setTimeout(() => socket.destroy(silent(path, waitMs)), waitMs);
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.endsWith('\n')) socket.destroy(); // One request, one line.
    });
    socket.once('error', (error) => reject(explain(error, path)));
    socket.once('close', () => {
      clearTimeout(late);
      const answer = parseAnswer(text);
      if (answer === undefined) reject(closed(path));
      else resolve(answer);
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

/** The master is trusted: an envelope is enough. */
function parseAnswer(text: string): ControlAnswer | undefined {
  try {
    const answer = JSON.parse(text) as ControlAnswer | null;
    return typeof answer?.ok === 'boolean' ? answer : undefined;
  } catch {
    return undefined;
  }
}

function explain(error: unknown, path: string): EggcupError {
  if (error instanceof EggcupError) return error;
  if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM'))
    return new EggcupError(
      'ERR_CONTROL_DENIED',
      `permission denied at ${path}: only ${ownerOf(path)} may talk to that master; call eggcup as that user`,
      { cause: error },
    );
  if (hasCode(error, 'EAGAIN')) return silent(path, 0);
  if (['ECONNRESET', 'EPIPE'].some((code) => hasCode(error, code))) return closed(path);
  const why = ['ENOENT', 'ECONNREFUSED'].some((code) => hasCode(error, code)) ? '' : ` (${messageOf(error)})`;
  const remedy =
    'start one, or name its health.dir with --dir or $EGGCUP_HEALTH_DIR, or its control.socket with --socket';
  return new EggcupError('ERR_CONTROL_NOBODY', `no master answers at ${path}${why}; ${remedy}`, { cause: error });
}

function ownerOf(path: string): string {
  try {
    return `user ${statSync(path).uid}`;
  } catch {
    return 'its own user';
  }
}

function silent(path: string, waitedMs: number): EggcupError {
  const time = waitedMs === 0 ? '' : ` within ${waitedMs / 1000} s`;
  const message = `the master at ${path} does not answer${time}: it hangs or is stopped; see eggcup-probe live`;
  return new EggcupError('ERR_CONTROL_SILENT', message);
}

function closed(path: string): EggcupError {
  const message = `the master at ${path} has gone without an answer: it has ended, or too many ask at once; ask again`;
  return new EggcupError('ERR_CONTROL_CLOSED', message);
}
