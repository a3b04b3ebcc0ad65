import { setFlagsFromString } from 'node:v8';

/**
 * V8's young generation doubles, up to 3 × 16 MB, while much survives its collections; it hardly ever shrinks again. A
 * start allocates as a process never does later: for what it needs only then, an idle process would keep 10 MB.
 */
export function keepYoungGenerationSmall(): void {
  if (!isChosen()) setFlagsFromString('--semi-space-growth-factor=1');
}

/** As V8 does by itself: it grows with the load that it serves. */
export function letYoungGenerationGrow(): void {
  if (!isChosen()) setFlagsFromString('--semi-space-growth-factor=2');
}

/** Whoever starts node with an opinion of their own on it keeps it. */
function isChosen(): boolean {
  return [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((option) => /semi[-_]space/.test(option));
}
