import { once } from 'node:events';
import { constants, fstatSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { LOG_MESSAGES, type LogEvent } from './log-events.js';
import { prettyLine } from './log-pretty.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export interface Log {
  write(level: LogLevel, event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  debug(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  info(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  error(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  fatal(event: LogEvent, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes what is still held, at once; gives up when nobody reads for `FLUSH_MS`. */
  flush(): void;
  /** The same in order and without blocking, to be followed by the exit. */
  close(): Promise<void>;
}

/** A reader that stands still costs log lines, never the master's memory. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
const FLUSH_MS = 500;
/** The kernel writes no more to a pipe in one piece (pipe(7)); beyond it a child's output may come in between. */
const PIPE_BUF = 4096;

/** The master's log on standard output: one line per event, JSON or, for people, pretty. */
export function createLog(level: LogLevel | 'silent', format: 'json' | 'pretty'): Log {
  let flushUntil = Number.POSITIVE_INFINITY;
  const out = pino.destination({
    fd: ownStdout(),
    sync: false,
    maxLength: MAX_BACKLOG_BYTES,
    maxWrite: PIPE_BUF,
    retryEAGAIN: () => performance.now() < flushUntil,
  });
  // A reader that has gone (EPIPE) must not end the cluster; there is nobody left to tell.
  out.on('error', () => undefined);
  const options = {
    level,
    base: { name: 'eggcup' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, format === 'json' ? out : { write: (line) => out.write(prettyLine(line)) });
  const write: Log['write'] = (lineLevel, event, fields) => {
    logger[lineLevel]({ event, ...fields }, LOG_MESSAGES[event]);
  };
  return {
    write,
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
    fatal: (event, fields) => write('fatal', event, fields),
    flush: () => {
      flushUntil = performance.now() + FLUSH_MS;
      out.flushSync();
    },
    close: async () => {
      const closed = once(out, 'close');
      out.end();
      await Promise.race([closed, setTimeout(FLUSH_MS)]);
    },
  };
}

/**
 * Standard output, opened anew without blocking when it is a pipe: children write to the same pipe, and neither
 * must a full one stop the master, nor the master's O_NONBLOCK reach the children.
 */
function ownStdout(): number {
  if (process.platform !== 'linux' || !fstatSync(1).isFIFO()) return 1;
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return 1; // EACCES after a change of user, or no /proc: the plain descriptor serves.
  }
}
