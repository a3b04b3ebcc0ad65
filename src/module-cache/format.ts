import { closeSync, openSync, readSync, statSync } from 'node:fs';
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
}

/** A file, the checksum of its source, and where its code is in the data and how long. */
export type CodeEntry = readonly [file: number, checksum: number, offset: number, length: number];

export interface Resolved {
  /** Length of `module.paths`: who has changed that gets other answers. */
  readonly paths: number;
  readonly requests: Readonly<Record<string, number>>;
}

const FORMAT = 1;
/** V8 copies what is not aligned. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 4;

/** Only for who has a cache: it takes 3 ms. */
let zlib: typeof import('node:zlib') | undefined;

/** What `Head.code` compares: two sources of the same length with the same checksum are taken for the same. */
export function checksumOf(source: string): number {
  zlib ??= process.getBuiltinModule('node:zlib');
  return zlib.crc32(source);
}

export function encode(head: Omit<Head, 'format' | 'code'>, code: readonly CompiledFile[]): Buffer {
  const blobs: Buffer[] = [];
  let length = 0;
  const entries = code.map(({ file, checksum, bytes }): CodeEntry => {
    const offset = length;
    const padding = Buffer.alloc(-bytes.length & (ALIGNMENT - 1));
    blobs.push(bytes, padding);
    length += bytes.length + padding.length;
    return [file, checksum, offset, bytes.length];
  });
  const whole: Head = { format: FORMAT, ...head, code: entries };
  const json = Buffer.from(JSON.stringify(whole));
  const blanks = Buffer.alloc(-(LENGTH_BYTES + json.length) & (ALIGNMENT - 1), ' ');
  const size = Buffer.alloc(LENGTH_BYTES);
  size.writeUInt32LE(json.length + blanks.length);
  return Buffer.concat([size, json, blanks, ...blobs]);
}

export interface CompiledFile {
  readonly file: number;
  readonly checksum: number;
  readonly bytes: Buffer;
}

/** An open file of those that `encode` makes. */
export interface ModuleCache {
  readonly head: Head;
  /** The code of an entry, in bytes that the next call uses again; `undefined` where the file ends too early. */
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
    const { head, length } = readHead(descriptor, stat.size);
    // One small piece of memory for all: malloc would keep a hole of the size of the file, and up to twice as much that is free.
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, ...head.code.map((entry) => entry[3])));
    const read = ([, , offset, size]: CodeEntry): Buffer | undefined =>
      readSync(descriptor, bytes, 0, size, length + offset) === size ? bytes.subarray(0, size) : undefined;
    return { head, read, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** With the length of all that stands before the code. */
function readHead(descriptor: number, fileSize: number): { readonly head: Head; readonly length: number } {
  const size = Buffer.alloc(LENGTH_BYTES);
  const hasSize = readSync(descriptor, size, 0, LENGTH_BYTES, 0) === LENGTH_BYTES;
  const length = LENGTH_BYTES + size.readUInt32LE(0);
  if (!hasSize || length > fileSize) throw new Error('it is damaged: it ends too early');
  const text = Buffer.allocUnsafeSlow(length - LENGTH_BYTES);
  readSync(descriptor, text, 0, text.length, LENGTH_BYTES);
  return { head: parse(text.toString('utf8')), length };
}

function parse(text: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is damaged: what it begins with is no JSON');
  }
  const isKnown = typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT;
  if (!isKnown) throw new Error('another version of eggcup has made it');
  return value as Head;
}
