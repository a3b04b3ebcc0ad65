/** The value of a cookie in a `Cookie` header, the first that is not empty, without its quotes. */
export function cookieIn(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    if (value !== '') return value;
  }
  return undefined;
}

/** A new client's value: it names the slot, and differs from client to client, so that those of a dead slot spread. */
export function newCookieValue(slotIndex: string): string {
  return `${slotIndex}.${Math.random().toString(36).slice(2, 12)}`;
}

/** The slot that a value of ours names. */
export function homeOf(value: string): `app-${number}` | undefined {
  const index = /^(\d{1,4})\.[\da-z]{1,10}$/.exec(value)?.[1];
  return index === undefined ? undefined : `app-${Number(index)}`;
}
