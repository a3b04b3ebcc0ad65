import { loadNative } from './addon.js';

/** One for the main thread, one for all others. */
const ARENAS = 2;

/**
 * glibc gives each thread an arena of its own, and what one has freed no other can use. For who runs JavaScript that is memory without a use: the threads that
 * V8 and libuv have beside it allocate little, most of it while a process starts. To be called before these threads have begun.
 */
export function shareArenas(): void {
  if (!isChosen()) loadNative()?.limitArenas(ARENAS);
}

/** glibc keeps what was freed at hand: after a start, which frees more than it keeps, that is a third of all that it has. Takes 0.3 ms. */
export function giveBackFreedMemory(): void {
  loadNative()?.trimMemory();
}

/** Whoever starts node with an opinion of their own on arenas keeps it (mallopt(3), glibc's tunables). */
function isChosen(): boolean {
  const { MALLOC_ARENA_MAX, MALLOC_ARENA_TEST, GLIBC_TUNABLES = '' } = process.env;
  return (
    MALLOC_ARENA_MAX !== undefined || MALLOC_ARENA_TEST !== undefined || GLIBC_TUNABLES.includes('glibc.malloc.arena')
  );
}
