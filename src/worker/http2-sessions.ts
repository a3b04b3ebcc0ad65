import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { endStream, isStandingStream } from './event-stream.js';

/** How long a session without a request is waited for: one may be on its way. */
const ON_ITS_WAY_MS = 500;

/** The HTTP/2 sessions of this process, and how they are asked to leave (GOAWAY; they finish their streams). */
export class Http2Sessions {
  /** With their open streams, each with its request's method. */
  readonly #sessions = new Map<ServerHttp2Session, Map<ServerHttp2Stream, string | undefined>>();
  #isEnding = false;

  /** Follows a session from its begin. */
  follow(session: ServerHttp2Session): void {
    const streams = new Map<ServerHttp2Stream, string | undefined>();
    this.#sessions.set(session, streams);
    session.once('close', () => this.#sessions.delete(session));
    session.prependListener('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      streams.set(stream, headers[':method']);
      stream.once('close', () => streams.delete(stream));
      if (this.#isEnding) session.close();
    });
    if (this.#isEnding) closeSoon(session);
  }

  /**
   * Every session takes its last request. Node refuses what comes after its GOAWAY (the client is told that it may repeat it), so this is
   * said while a request is open: who waits for an answer before the next request is never refused. (GOAWAY in two steps,
   * RFC 9113, 6.8, would spare the others too; Node has no way to it: whatever stream its `goaway()` names, nghttp2
   * answers to no new one afterwards, except after a shutdown notice, which Node does not send.)
   */
  announceEnd(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const [session, streams] of this.#sessions) {
      if (streams.size > 0) session.close();
      else closeSoon(session);
    }
  }

  endStandingStreams(): void {
    for (const streams of this.#sessions.values())
      for (const [stream, method] of streams)
        if (!stream.writableEnded && isStandingStream(method, stream.sentHeaders?.['content-type'])) endStream(stream);
  }
}

function closeSoon(session: ServerHttp2Session): void {
  const timer = setTimeout(() => session.close(), ON_ITS_WAY_MS);
  session.once('close', () => clearTimeout(timer));
}
