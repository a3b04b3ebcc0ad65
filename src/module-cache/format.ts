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
  /** By the folder of the module that asks: what Node has found for each of its requests. */
  readonly resolved: Readonly<Record<string, Resolved>>;
  /** Why something could not be kept. */
  readonly without: readonly string[];
}

/**
 * A file, the checksum of its source; where its code is in the data, how long, with which checksum; and of its wrapped source, which follows, how many characters it
 * has, of so many bytes each.
 */
export type CodeEntry = readonly [
  file: number,
  source: number,
  offset: number,
  length: number,
  bytes: number,
  characters: number,
  width: 1 | 2,
];

export interface Resolved {
  /** `pathsMark` of `module.paths`: who has changed that gets other answers. */
  readonly paths: string;
  readonly requests: Readonly<Record<string, number>>;
}

const FORMAT = 3;
/** Of code and of sources: V8 copies code that is not aligned. */
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

export function encode(head: Omit<Head, 'format' | 'code'>, code: readonly CompiledFile[]): Buffer {
  const blobs: Buffer[] = [];
  let length = 0;
  const add = (bytes: Buffer): number => {
    const offset = length;
    length = aligned(offset + bytes.length);
    blobs.push(bytes, Buffer.alloc(length - offset - bytes.length));
    return offset;
  };
  const entries = code.map(({ file, checksum, bytes, wrapped }): CodeEntry => {
    const offset = add(bytes);
    const width = LATIN_1.test(wrapped) ? 1 : 2;
    add(Buffer.from(wrapped, width === 1 ? 'latin1' : 'utf16le'));
    return [file, checksum, offset, bytes.length, checksumOf(bytes), wrapped.length, width];
  });
  const whole: Head = { format: FORMAT, ...head, code: entries };
  const json = Buffer.from(JSON.stringify(whole));
  const start = Buffer.alloc(START_BYTES);
  start.writeUInt32LE(json.length);
  start.writeUInt32LE(checksumOf(json), START_BYTES / 2);
  const padding = Buffer.alloc(aligned(START_BYTES + json.length) - START_BYTES - json.length);
  return Buffer.concat([start, json, padding, ...blobs]);
}

/** As V8 keeps a string in one byte for each character. */
const LATIN_1 = /^[\0-\xff]*$/;

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

export interface CompiledFile {
  readonly file: number;
  readonly checksum: number;
  readonly bytes: Buffer;
  readonly wrapped: string;
}

/** An open file of those that `encode` makes. */
export interface ModuleCache {
  readonly head: Head;
  readonly descriptor: number;
  /** In bytes; the whole file. */
  readonly size: number;
  /** Where in the file an entry's wrapped source is. */
  readonly offsetOfText: (entry: CodeEntry) => number;
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
    const dataAt = aligned(length);
    const offsetOfText = ([, , offset, bytes]: CodeEntry): number => dataAt + aligned(offset + bytes);
    const last = head.code.at(-1);
    if (last !== undefined && offsetOfText(last) + last[5] * last[6] > size) throw new Error(TOO_SHORT);
    // One small piece of memory for all: malloc would keep a hole of the size of the file, and up to twice as much that is free.
    const scratch = Buffer.allocUnsafeSlow(Math.max(0, ...head.code.map((entry) => entry[3])));
    const read = ([, , offset, codeLength, checksum]: CodeEntry): Buffer | undefined => {
      const bytes = scratch.subarray(0, codeLength);
      return readAt(descriptor, bytes, dataAt + offset) && checksumOf(bytes) === checksum ? bytes : undefined;
    };
    return { head, descriptor, size, offsetOfText, read, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Never in the way of a start: what a failing disk does not give is as good as damaged. */
function readAt(descriptor: number, bytes: Buffer, position: number): boolean {
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
