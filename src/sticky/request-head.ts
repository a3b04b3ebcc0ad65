import { cookieIn } from './cookie.js';
import type { Wanted } from './mode.js';

/** What of a connection's first bytes matters here. */
export type Head =
  /** Not all of it has arrived. */
  | { readonly kind: 'partial' }
  /** There will be no head of HTTP/1. */
  | { readonly kind: 'unreadable'; readonly protocol: 'TLS' | 'HTTP/2' | 'unknown' }
  | { readonly kind: 'read'; readonly value?: string | undefined; readonly forwardedFor?: string | undefined };

/** Node's own limit of a request's head, unless it is told otherwise: whoever sends more is refused by the worker. */
export const MAX_HEAD_BYTES = 16 * 1024;

const TLS_HANDSHAKE = 0x16;
const TOKEN = /^[\w!#$%&'*+.^`|~-]/;
const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+ .* HTTP\/1\.\d$/;

/**
 * Looks for a cookie or a header in the beginning of a connection. Which request is right is the worker's business: here every
 * line that has a name and a colon is a header, and the first that has what is wanted counts.
 */
export function readHead(bytes: Buffer, wanted: Wanted): Head {
  if (bytes[0] === TLS_HANDSHAKE) return { kind: 'unreadable', protocol: 'TLS' };
  // Node takes no offence at empty lines in front.
  const text = bytes.toString('latin1', 0, MAX_HEAD_BYTES).replace(/^[\r\n]+/, '');
  if (text !== '' && !TOKEN.test(text)) return { kind: 'unreadable', protocol: 'unknown' };
  const [requestLine = '', ...lines] = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.length > 0 && !REQUEST_LINE.test(requestLine))
    return { kind: 'unreadable', protocol: requestLine === 'PRI * HTTP/2.0' ? 'HTTP/2' : 'unknown' };

  const isWhole = bytes.length >= MAX_HEAD_BYTES;
  let forwardedFor: string | undefined;
  // What stands behind the last end of a line is not yet one.
  for (const line of lines.slice(0, -1)) {
    if (line === '') return { kind: 'read', forwardedFor };
    const [name, content] = header(line);
    const value = valueIn(name, content, wanted);
    if (value !== undefined) return { kind: 'read', value };
    if (name === 'x-forwarded-for') forwardedFor ??= content;
  }
  return isWhole ? { kind: 'read', forwardedFor } : { kind: 'partial' };
}

/** A line that begins with a space continues the one before, and has no name. */
function header(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(0, colon)).toLowerCase(), line.slice(colon + 1).trim()];
}

function valueIn(name: string, content: string, wanted: Wanted): string | undefined {
  if (wanted.kind === 'cookie') return name === 'cookie' ? cookieIn(content, wanted.name) : undefined;
  return name === wanted.name && content !== '' ? content : undefined;
}
