/**
 * The arguments of `writeHead` hold headers in one of three forms: an object, names and values in turn, or (not in Node's documents)
 * pairs.
 */

/** An argument without a header; its name in lower case. */
export function withoutHeader(argument: unknown, unwanted: string): unknown {
  if (typeof argument !== 'object' || argument === null) return argument;
  const isOther = (name: unknown): boolean => String(name).toLowerCase() !== unwanted;
  if (!Array.isArray(argument)) return Object.fromEntries(Object.entries(argument).filter(([name]) => isOther(name)));
  // Beside a header that was set before, Node takes no pairs.
  const inTurn = namesAndValues(argument);
  return inTurn.filter((_, index) => isOther(inTurn[index - (index % 2)]));
}

/** All values of a header in an argument; its name in lower case. */
export function valuesOf(argument: unknown, wanted: string): readonly string[] {
  if (typeof argument !== 'object' || argument === null) return [];
  const inTurn = namesAndValues(Array.isArray(argument) ? argument : Object.entries(argument));
  return inTurn.flatMap((value, index) =>
    index % 2 === 1 && String(inTurn[index - 1]).toLowerCase() === wanted ? [value].flat().map(String) : [],
  );
}

/** A value may be an array itself. */
function namesAndValues(list: readonly unknown[]): readonly unknown[] {
  return Array.isArray(list[0]) ? list.flat() : list;
}
