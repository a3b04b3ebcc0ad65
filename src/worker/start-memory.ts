import { saveMemoryWhenIdle } from '../idle-memory.js';
import { loadNative } from '../native/addon.js';
import { giveBackFreedMemory } from '../native/malloc.js';

/** Loading a framework takes more memory than serving it does; no more than must be stays with a process that is ready (docs/adr/0021-malloc.md, 0022-idle-memory.md). */
export function giveBackStartMemory(): void {
  giveBackFreedMemory();
  saveMemoryWhenIdle(loadNative());
}
