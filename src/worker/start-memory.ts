import { saveMemoryWhenIdle } from '../idle-memory.js';
import { loadNative } from '../native/addon.js';
import { giveBackFreedMemory, shareArenas } from '../native/malloc.js';
import { keepYoungGenerationSmall, letYoungGenerationGrow } from '../young-generation.js';

/** Loading a framework takes more memory than serving it does; no more than must be stays with the process (docs/adr/0010-young-generation.md, 0021-malloc.md). */
export function saveMemoryWhileStarting(): void {
  keepYoungGenerationSmall();
  shareArenas();
}

/** It is ready. */
export function endSavingMemory(): void {
  letYoungGenerationGrow();
  giveBackFreedMemory();
  saveMemoryWhenIdle(loadNative());
}
