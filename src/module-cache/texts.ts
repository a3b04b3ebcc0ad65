import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { loadNative, type Mapping, type Native } from '../native/addon.js';
import { isWrapped } from '../wrapped-script.js';
import { type CodeEntry, type Head, type ModuleCache, readAt } from './format.js';
import { textsFile } from './place.js';

/** The wrapped sources that a cache holds, in a file of their own. V8 needs them for functions that have not run yet; a copy in each process would be a tenth of its memory. */
export interface Texts {
  /** The text of an entry, where it is the wrapped source. */
  readonly of: (entry: CodeEntry, source: string) => string | undefined;
  /** What was read of them is no longer in this process' memory; it comes again when it is needed. */
  readonly forget: () => void;
}

/** `undefined` without the native part, or where there are none. Throws an Error where they can't be read, or mapped. */
export function openTexts({ file, head }: ModuleCache): Texts | undefined {
  const native = loadNative();
  const size = sizeOf(head);
  if (native === undefined || size === 0) return undefined;
  const mapping = mapWhole(textsFile(file, head.texts), size, native);
  return {
    of: ([, , , , , [offset, characters, width]], source) => {
      const text = native.textAt(mapping, offset, characters, width === 2);
      return text !== undefined && isWrapped(text, source) ? text : undefined;
    },
    forget: () => void native.forgetPages(mapping, size),
  };
}

function sizeOf({ code }: Head): number {
  const ends = code.map(([, , , , , [offset, characters, width]]) => offset + characters * width);
  return Math.max(0, ...ends);
}

/** The kernel counts in more, the native part in 32 bits. */
const MAX_BYTES = 2 ** 31 - 1;

function mapWhole(file: string, size: number, native: Native): Mapping {
  // Who waits for somebody at the other end of a FIFO waits for ever.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`${file} is no regular file`);
    if (size > MAX_BYTES || stat.size < size || !isReadable(descriptor, size))
      throw new Error(`${file} is damaged: the sources are not all there`);
    const mapping = native.mapFile(descriptor, size);
    if (mapping === null) throw new Error(`${file} cannot be mapped into memory where it is`);
    return mapping;
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
