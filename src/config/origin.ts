/** Where a value comes from. `file` is the name as it is shown to people. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string }
  /** The command line: `--set`. */
  | { readonly kind: 'option'; readonly name: string };

/** The origin as errors show it: `cluster.yaml:7:10`, or the name of the variable or option. */
export function formatOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'variable':
    case 'option':
      return origin.name;
  }
}

/** The order of reading: the file from its top, then the variables by name, then the command line as it stands. */
export function compareOrigins(a: Origin, b: Origin): number {
  if (a.kind === 'file' && b.kind === 'file') return a.line - b.line || a.column - b.column;
  if (a.kind === 'variable' && b.kind === 'variable') return a.name < b.name ? -1 : Number(a.name > b.name);
  return RANK[a.kind] - RANK[b.kind];
}

const RANK = { file: 0, variable: 1, option: 2, default: 3 } as const;
