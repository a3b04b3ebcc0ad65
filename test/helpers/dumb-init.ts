import type { Init } from './inits.js';

/** Whom dumb-init signals: its default, and `--single-child`. */
export const DUMB_INIT_MODES = ['whole group', 'single child'] as const;
export type DumbInitMode = (typeof DUMB_INIT_MODES)[number];

/** Either way of dumb-init's, and what it is with eggcup. */
export function modeOf(
  init: Init,
  mode: DumbInitMode,
): { readonly options: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  if (init.name !== 'eggcup') return { options: mode === 'whole group' ? [] : ['--single-child'], env: {} };
  // With its whole group dumb-init makes SIGSTOP of what a terminal stops a job with.
  const rewrites = ['20:19', '21:19', '22:19'].flatMap((rewrite) => ['-r', rewrite]);
  return { options: mode === 'whole group' ? ['-g', ...rewrites] : [], env: { TINI_VERBOSITY: '0' } };
}
