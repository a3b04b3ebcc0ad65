import { saveMemoryWhenIdle } from '../idle-memory.js';
import { loadNative } from '../native/addon.js';
import { giveBackFreedMemory, shareArenas } from '../native/malloc.js';

/** Loading a framework takes more memory than serving it does; no more than must be stays with the process (docs/adr/0021-malloc.md, 0022-idle-memory.md). */
export function saveMemoryWhileStarting(): void {
  shareArenas();
}

/** It is ready. */
export function endSavingMemory(): void {
  giveBackFreedMemory();
  saveMemoryWhenIdle(loadNative());
}
