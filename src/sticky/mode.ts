/** What a client is known by, so that all its connections go to the same slot (`listen.sticky`). */
export type Sticky =
  | { readonly kind: 'none' }
  | { readonly kind: 'address' }
  /** Case counts. */
  | { readonly kind: 'cookie'; readonly name: string }
  /** In lower case. */
  | { readonly kind: 'header'; readonly name: string };

/** What a connection's first request has to be read for. */
export type Wanted = Sticky & { readonly kind: 'cookie' | 'header' };

/** Of `none`, `address`, `cookie:NAME` or `header:NAME`. */
export function parseSticky(text: string): Sticky {
  const name = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('cookie:')) return { kind: 'cookie', name };
  if (text.startsWith('header:')) return { kind: 'header', name: name.toLowerCase() };
  return { kind: text === 'address' ? 'address' : 'none' };
}

/** As it is written in the config. */
export function formatSticky(sticky: Sticky): string {
  return 'name' in sticky ? `${sticky.kind}:${sticky.name}` : sticky.kind;
}

/** Whether it stands in the requests: only what is not encrypted can be seen. */
export function isInRequests(sticky: Sticky): sticky is Wanted {
  return sticky.kind === 'cookie' || sticky.kind === 'header';
}
