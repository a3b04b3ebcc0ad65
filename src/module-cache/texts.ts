import { closeSync, fstatSync, openSync } from 'node:fs';
import { loadNative, type Mapping, type Native } from '../native/addon.js';
import { isWrapped } from '../wrapped-script.js';
import { type CodeEntry, type ModuleCache, readAt } from './format.js';
import { textsFile } from './place.js';

/** The wrapped sources that a cache holds, in a file of their own. V8 needs them for functions that have not run yet; a copy in each process would be a tenth of its memory. */
export interface Texts {
  /** The text of an entry, where it is the wrapped source. */
  readonly of: (entry: CodeEntry, source: string) => string | undefined;
  /** What was read of them is no longer in this process' memory; it comes again when it is needed. */
  readonly forget: () => void;
}

/** `undefined` where they can't be had: without the native part, without their file, and on some file systems. */
export function openTexts({ file, head }: ModuleCache): Texts | undefined {
  const native = loadNative();
  if (native === undefined) return undefined;
  const size = Math.max(0, ...head.code.map(([, , , , , [offset, characters, width]]) => offset + characters * width));
  const mapping = mapWhole(textsFile(file, head.texts), size, native);
  if (mapping === undefined) return undefined;
  return {
    of: ([, , , , , [offset, characters, width]], source) => {
      const text = native.textAt(mapping, offset, characters, width === 2);
      return isWrapped(text, source) ? text : undefined;
    },
    forget: () => void native.forgetPages(mapping, size),
  };
}

/** The kernel counts in more, the native part in 32 bits. */
const MAX_BYTES = 2 ** 31 - 1;

function mapWhole(file: string, size: number, native: Native): Mapping | undefined {
  if (size === 0 || size > MAX_BYTES) return undefined;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined; // Each process has its own, as without a cache.
  }
  try {
    if (fstatSync(descriptor).size < size || !isReadable(descriptor, size)) return undefined;
    return native.mapFile(descriptor, size) ?? undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** What a disk does not give would end a process that has mapped it. */
function isReadable(descriptor: number, size: number): boolean {
  const scratch = Buffer.allocUnsafeSlow(Math.min(size, 64 * 1024));
  for (let at = 0; at < size; at += scratch.length)
    if (!readAt(descriptor, scratch.subarray(0, Math.min(scratch.length, size - at)), at)) return false;
  return true;
}
