import type { ServerResponse } from 'node:http';

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
    return writeHead(...args.map(withoutConnection));
  };
}

/** An argument of `writeHead`: headers as an object, as names and values in turn, or (not in Node's documents) as pairs. */
function withoutConnection(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) return argument;
  const isOther = (name: unknown): boolean => String(name).toLowerCase() !== 'connection';
  if (!Array.isArray(argument)) return Object.fromEntries(Object.entries(argument).filter(([name]) => isOther(name)));
  // Beside a header that was set before, Node takes no pairs.
  const inTurn: readonly unknown[] = argument.flat();
  return inTurn.filter((_, index) => isOther(inTurn[index - (index % 2)]));
}
