import type { Writable } from 'node:stream';

const EVENT_STREAM = 'text/event-stream';

/**
 * Whether a response has no end of its own: what an EventSource has asked for, always with GET. (Answers to a POST come as event
 * streams too, of a language model say, and do end.)
 */
export function isStandingStream(method: string | undefined, contentType: unknown): boolean {
  return (
    method === 'GET' && typeof contentType === 'string' && contentType.trim().toLowerCase().startsWith(EVENT_STREAM)
  );
}

/** A response's content type as it was sent, however it was set: `getHeader` knows nothing of heads that `writeHead` was given. */
export function contentTypeOf(response: object): string | undefined {
  const head: unknown = Reflect.get(response, '_header');
  return typeof head === 'string' ? /^content-type:(.*)$/im.exec(head)?.[1] : undefined;
}

/**
 * Ends a stream as if the client had left: what the application writes to it until it notices (`close`) goes nowhere, where
 * Node would make it an uncaught error.
 */
export function endStream(stream: Writable): void {
  stream.end();
  stream.write = (...args: readonly unknown[]) => {
    callLast(args);
    return true;
  };
  stream.end = (...args: readonly unknown[]) => {
    callLast(args);
    return stream;
  };
}

function callLast(args: readonly unknown[]): void {
  const written = args.at(-1);
  if (typeof written === 'function') process.nextTick(written);
}
