import type { ServerResponse } from 'node:http';
import { withoutHeader } from './head-arguments.js';

const SWITCHING_PROTOCOLS = 101;

/**
 * Makes a response say `Connection: close`, whatever the application says, if `isLast` holds when its head is written:
 * a connection that ends takes with it what waits behind.
 */
export function sayClose(response: ServerResponse, isLast: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  // Heads that nobody writes go through it too.
  response.writeHead = (...args: unknown[]): ServerResponse => {
    if (!isLast() || args[0] === SWITCHING_PROTOCOLS) return writeHead(...args);
    response.setHeader('Connection', 'close');
    return writeHead(...args.map((argument) => withoutHeader(argument, 'connection')));
  };
}
