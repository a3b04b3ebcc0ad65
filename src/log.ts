import { pino } from 'pino';
import { setTimeout } from 'node:timers/promises';
import { LOG_MESSAGES, type LogEvent } from './log-events.js';
import { openStdout } from './log-output.js';
import { prettyLine } from './log-pretty.js';
import { monotonicMs } from './monotonic.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Values of a line. The names that every line has are taken. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly [name in 'level' | 'time' | 'name' | 'event' | 'msg']?: never;
};

export interface Log {
  write(level: LogLevel, event: LogEvent, fields?: LogFields): void;
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
  fatal(event: LogEvent, fields?: LogFields): void;
  /** Writes what is still held, at once; gives up when nobody reads for `FLUSH_MS`. */
  flush(): void;
  /** The same in order and without blocking, to be followed by the exit. */
  close(): Promise<void>;
  /** The least severe of the lines that are written from now on. */
  setLevel(level: LogLevel | 'silent'): void;
  /** To be called after each fork, which changes what is shared with the child. */
  afterFork(): void;
}

const FLUSH_MS = 500;

/** The master's log on standard output: one line per event, JSON or, for people, pretty. */
export function createLog(level: LogLevel | 'silent', format: 'json' | 'pretty'): Log {
  let flushUntil = Number.POSITIVE_INFINITY;
  const out = openStdout(() => monotonicMs() >= flushUntil);
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
    setLevel: (next) => {
      logger.level = next;
    },
    afterFork: () => out.afterFork(),
    flush: () => {
      flushUntil = monotonicMs() + FLUSH_MS;
      out.flush();
    },
    close: async () => {
      flushUntil = monotonicMs() + FLUSH_MS;
      await Promise.race([out.close(), setTimeout(FLUSH_MS)]);
      out.abandon();
    },
  };
}
