const NAMED = 3;

/** `a, b, c and 4 more`. */
export function listOf(names: readonly string[], separator = ', '): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(separator)} and ${more} more` : names.join(separator);
}
