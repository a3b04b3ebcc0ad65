/** The forms of `server.listen(…)` (Node's net): a port, options, a path, a handle. */
type Arguments = readonly unknown[];

/**
 * The same call, with `reusePort` where it is for a numbered port and leaves the choice to the cluster. All others stay as they are: port
 * 0 would be another one for each process, a path has one queue, and `exclusive` is the application's word.
 */
export function besideSiblings(args: Arguments): Arguments {
  const [first, ...others] = args;
  if (isPort(first)) {
    const [host] = others;
    const backlog = others.slice(0, 2).find((value) => typeof value === 'number');
    const options = {
      port: first,
      ...(typeof host === 'string' && { host }),
      ...(backlog !== undefined && { backlog }),
    };
    return [{ ...options, reusePort: true }, ...callback(others)];
  }
  if (typeof first !== 'object' || first === null || '_handle' in first || 'handle' in first) return args;
  const { port, path, fd, exclusive } = first as Readonly<Record<string, unknown>>;
  if (!isPort(port) || path !== undefined || fd !== undefined || exclusive === true) return args;
  return [{ ...first, reusePort: true }, ...others];
}

/** A number, or its text; a text that is none is a path. */
function isPort(value: unknown): boolean {
  return (typeof value === 'number' || (typeof value === 'string' && value !== '')) && Number(value) > 0;
}

function callback(others: Arguments): Arguments {
  const last = others.at(-1);
  return typeof last === 'function' ? [last] : [];
}
