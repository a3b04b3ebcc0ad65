import { format } from 'node:util';
import type { Log } from '../log.js';

/**
 * Turns what libraries write to the console of the master (cfork does), and Node's own warnings, into log lines:
 * every line that the master prints is one of its log.
 */
export function redirectConsole(log: Log): void {
  const writer =
    (level: 'debug' | 'warn') =>
    (...args: unknown[]): void => {
      const text = format(...args);
      log.write(level, text.includes('[cfork:master:') ? 'cfork' : 'console', { text });
    };
  Object.assign(console, {
    log: writer('debug'),
    info: writer('debug'),
    debug: writer('debug'),
    warn: writer('warn'),
    error: writer('warn'),
  });
  process.removeAllListeners('warning'); // Node's own, which prints to standard error.
  process.on('warning', ({ name, message }) => log.warn('node.warning', { warning: name, text: message }));
}
