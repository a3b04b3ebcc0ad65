import { loadNative } from '../native/addon.js';
import type { CodeEntry, ModuleCache } from './format.js';

/** The wrapped sources that a cache holds, in its file. V8 needs them for functions that have not run yet; a copy in each process would be a tenth of its memory. */
export interface Texts {
  readonly of: (entry: CodeEntry) => string;
  /** What was read of them is no longer in this process' memory; it comes again when it is needed. */
  readonly forget: () => void;
}

/** `undefined` where the file can't be mapped: on some file systems, and without the native part. */
export function mapTexts({ descriptor, size, offsetOfText }: ModuleCache): Texts | undefined {
  const native = loadNative();
  const mapping = native?.mapFile(descriptor, size) ?? undefined;
  if (native === undefined || mapping === undefined) return undefined;
  return {
    of: (entry) => native.textAt(mapping, offsetOfText(entry), entry[5], entry[6] === 2),
    forget: () => void native.forgetPages(mapping, size),
  };
}
