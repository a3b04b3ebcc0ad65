import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Fact } from './facts.js';
import type { CodeHeader } from './flags.js';

/** What stands in front of the code. Files are given by their index in `files`. */
export interface Head {
  readonly format: typeof FORMAT;
  readonly baseDir: string;
  /** Node's options, without the limit of the heap. */
  readonly options: readonly string[];
  readonly header: CodeHeader | undefined;
  /** What all of `resolved` rests on. */
  readonly facts: readonly Fact[];
  readonly files: readonly string[];
  readonly code: readonly CodeEntry[];
  /** The checksum of all texts, by which their file is named. */
  readonly texts: number;
  /** By the folder of the module that asks: what Node has found for each of its requests. */
  readonly resolved: Readonly<Record<string, Resolved>>;
  /** Why something could not be kept. */
  readonly without: readonly string[];
}

/** A file, the checksum of its source; where its code is in the data, how long, with which checksum; and where its text is. */
export type CodeEntry = readonly [
  file: number,
  source: number,
  offset: number,
  length: number,
  bytes: number,
  text: TextPlace,
];

/** Where a wrapped source is in the file of texts: so many characters, of so many bytes each. */
export type TextPlace = readonly [offset: number, characters: number, width: 1 | 2];

export interface Resolved {
  /** `pathsMark` of `module.paths`: who has changed that gets other answers. */
  readonly paths: string;
  readonly requests: Readonly<Record<string, number>>;
}

const FORMAT = 3;
/** Of code and of texts: V8 copies code that is not aligned. */
const ALIGNMENT = 8;
/** The length of the head, and its checksum. */
const START_BYTES = 8;

/** Only for who has a cache: it takes 3 ms. */
let zlib: typeof import('node:zlib') | undefined;

/** Two sources, or pieces of code, of the same length with the same checksum are taken for the same. */
export function checksumOf(data: string | Buffer): number {
  zlib ??= process.getBuiltinModule('node:zlib');
  return zlib.crc32(data);
}

/** The bytes of a cache and of its texts, and what stands in front. */
export interface Encoded {
  readonly cache: Buffer;
  readonly texts: Buffer;
  readonly head: Head;
}

export function encode(head: Omit<Head, 'format' | 'code' | 'texts'>, compiled: readonly CompiledFile[]): Encoded {
  const [code, texts] = [new Pieces(), new Pieces()];
  const entries = compiled.map(({ file, checksum, bytes, wrapped }): CodeEntry => {
    const width = LATIN_1.test(wrapped) ? 1 : 2;
    const text = texts.add(Buffer.from(wrapped, width === 1 ? 'latin1' : 'utf16le'));
    return [file, checksum, code.add(bytes), bytes.length, checksumOf(bytes), [text, wrapped.length, width]];
  });
  const allTexts = texts.whole();
  const whole: Head = { format: FORMAT, ...head, code: entries, texts: checksumOf(allTexts) };
  const json = Buffer.from(JSON.stringify(whole));
  const start = Buffer.alloc(START_BYTES);
  start.writeUInt32LE(json.length);
  start.writeUInt32LE(checksumOf(json), START_BYTES / 2);
  return { cache: Buffer.concat([start, json, code.whole()]), texts: allTexts, head: whole };
}

/** As V8 keeps a string in one byte for each character. */
const LATIN_1 = /^[\0-\xff]*$/;

/** One after the other, each aligned. */
class Pieces {
  readonly #all: Buffer[] = [];
  #length = 0;

  /** Returns where it begins. */
  add(bytes: Buffer): number {
    const offset = this.#length;
    const padding = Buffer.alloc(-bytes.length & (ALIGNMENT - 1));
    this.#all.push(bytes, padding);
    this.#length += bytes.length + padding.length;
    return offset;
  }

  whole(): Buffer {
    return Buffer.concat(this.#all);
  }
}

export interface CompiledFile {
  readonly file: number;
  readonly checksum: number;
  readonly bytes: Buffer;
  readonly wrapped: string;
}

/** An open file of those that `encode` makes. */
export interface ModuleCache {
  readonly file: string;
  readonly head: Head;
  /** The code of an entry, in bytes that the next call uses again; `undefined` where it is damaged. */
  readonly read: (entry: CodeEntry) => Buffer | undefined;
  readonly close: () => void;
}

/** `undefined` where there is no such file. Throws an Error where it cannot be read, or is none of them. */
export function openModuleCache(file: string): ModuleCache | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isFile()) throw new Error('it is no regular file');
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor); // Another file may have taken the place meanwhile.
    const { head, length } = readHead(descriptor, size);
    const last = head.code.at(-1);
    if (last !== undefined && length + last[2] + last[3] > size) throw new Error(TOO_SHORT);
    // One small piece of memory for all: malloc would keep a hole of the size of the file, and up to twice as much that is free.
    const scratch = Buffer.allocUnsafeSlow(Math.max(0, ...head.code.map((entry) => entry[3])));
    const read = ([, , offset, codeLength, checksum]: CodeEntry): Buffer | undefined => {
      const bytes = scratch.subarray(0, codeLength);
      return readAt(descriptor, bytes, length + offset) && checksumOf(bytes) === checksum ? bytes : undefined;
    };
    return { file, head, read, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Never in the way of a start: what a failing disk does not give is as good as damaged. */
export function readAt(descriptor: number, bytes: Buffer, position: number): boolean {
  try {
    return readSync(descriptor, bytes, 0, bytes.length, position) === bytes.length;
  } catch {
    return false;
  }
}

const TOO_SHORT = 'it is damaged: it ends too early';

/** With the length of all that stands before the code. */
function readHead(descriptor: number, fileSize: number): { readonly head: Head; readonly length: number } {
  const start = Buffer.alloc(START_BYTES);
  const hasStart = readSync(descriptor, start, 0, START_BYTES, 0) === START_BYTES;
  const length = START_BYTES + start.readUInt32LE(0);
  if (!hasStart || length > fileSize) throw new Error(TOO_SHORT);
  const text = Buffer.allocUnsafeSlow(length - START_BYTES);
  readSync(descriptor, text, 0, text.length, START_BYTES);
  const isWhole = text.length > 0 && checksumOf(text) === start.readUInt32LE(START_BYTES / 2);
  if (!isWhole) throw new Error('it is damaged: its checksum is wrong');
  const head = JSON.parse(text.toString('utf8')) as Partial<Head>;
  if (head.format !== FORMAT) throw new Error('another version of eggcup has made it');
  return { head: head as Head, length };
}
