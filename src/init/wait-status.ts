/** How a process ended, of its wait status (wait(2)): its own code, or the signal that killed it. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: number };

export function endingOf(waitStatus: number): Ending {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? { kind: 'exited', code: (waitStatus >> 8) & 0xff } : { kind: 'killed', signal };
}

/** What a shell makes of it: 128+n for signal n. */
export function exitCodeOf(ending: Ending): number {
  return ending.kind === 'exited' ? ending.code : 128 + ending.signal;
}
