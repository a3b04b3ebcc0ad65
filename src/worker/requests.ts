import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';

type Heard = (request: IncomingMessage, response: ServerResponse) => void;

/** What Node emits in the place of `request` where the application asks for it (`Expect: 100-continue`). */
const INSTEAD: ReadonlySet<string> = new Set(['checkContinue', 'checkExpectation']);

/** Calls `heard` once for each request of HTTP/1 that the application is to answer, before it hears of it itself. */
export function eachRequest(server: HttpServer, heard: Heard): void {
  const known = new WeakSet<ServerResponse>();
  const hear = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.httpVersionMajor !== 1 || known.has(response)) return;
    known.add(response);
    heard(request, response);
  };
  server.prependListener('request', hear);
  const emit = server.emit.bind(server) as (...args: readonly unknown[]) => boolean;
  // A listener would change what Node answers: it asks whether there are any.
  server.emit = (event: string, ...args: readonly unknown[]) => {
    if (INSTEAD.has(event)) hear(...(args as Parameters<Heard>));
    return emit(event, ...args);
  };
}
