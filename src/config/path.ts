/** Where a value stands in the config: keys, and numbers for places in a list. */
export type Path = readonly (string | number)[];

/** The path as people write it: `app.args[0]`, `app.env["A.B"]`. Different paths never look the same. */
export function formatPath(path: Path): string {
  return path.map((step, index) => formatStep(step, index === 0)).join('');
}

function formatStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
  return isFirst ? step : `.${step}`;
}
