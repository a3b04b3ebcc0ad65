/** The last one counts (V8), in MiB; `undefined` where none of them sets it. */
export function heapIn(nodeOptions: readonly string[]): number | undefined {
  const values = nodeOptions.map((option) => /^--max[-_]old[-_]space[-_]size=([1-9]\d*)$/.exec(option)?.[1]);
  const last = values.findLast((value) => value !== undefined);
  return last === undefined ? undefined : Number(last);
}
