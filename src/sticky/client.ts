import { forwardedAddress, normalAddress } from './address.js';
import { homeOf } from './cookie.js';
import type { Head } from './request-head.js';
import type { Wanted } from './mode.js';

/** Who has connected, as far as the choice of a slot goes. */
export interface Client {
  /** What is hashed. */
  readonly key: string;
  /** The slot that it has been told to come back to. */
  readonly home?: `app-${number}` | undefined;
}

/** `undefined`: a Unix socket has none. Such clients are spread at random. */
export function clientAt(peer: string | undefined): Client {
  return { key: peer === undefined ? String(Math.random()) : normalAddress(peer) };
}

/** Who has no cookie or header yet goes by address: by the one that a proxy tells, or all of a proxy's clients would be one. */
export function clientOf(head: Head & { kind: 'read' }, peer: string | undefined, wanted: Wanted): Client {
  const { value, forwardedFor } = head;
  if (value !== undefined) return { key: value, home: wanted.kind === 'cookie' ? homeOf(value) : undefined };
  const forwarded = forwardedFor === undefined ? undefined : forwardedAddress(forwardedFor);
  return forwarded === undefined ? clientAt(peer) : { key: forwarded };
}
