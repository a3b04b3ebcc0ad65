import { join } from 'node:path';
import { messageOf } from '../errors.js';

/**
 * What an init needs of the kernel and Node doesn't give (native/*.c, prebuilt in the package; one file for each
 * processor, the same for glibc and musl). Signals are numbers; a negative result is an errno.
 */
export interface Native {
  /** SHA-256 of the sources that it was built from. */
  readonly sources: string;

  /** The pid of a zombie among this thread's children, or 0; `pid` 0 asks for any. It stays where it is. */
  peek(pid: number): number;
  /** Takes a zombie away: its wait status (wait(2)), or -1 when there is none. */
  reap(pid: number): number;
  /** Pids that libuv waits for at this instant. */
  ownChildren(): number[];
  /** `pid`, when this child has stopped since the last question; else 0. */
  hasStopped(pid: number): number;

  /**
   * Starts the first of the files that can be executed, in its own process group, with these descriptors. The Buffers
   * hold strings, each with its NUL. Returns the pid.
   */
  spawn(files: Buffer, argv: Buffer, environment: Buffer, descriptors: Int32Array): number;
  /** The process group in the foreground of standard input's terminal; 0 where there is none. */
  foreground(): number;
  /** This process' own group. */
  group(): number;
  setForeground(group: number): number;

  /** Catches these until `releaseSignals`; returns those that had no handler at that instant. */
  holdSignals(signals: readonly number[]): number[];
  /** Leaves them to whoever has installed a handler; returns what was caught meanwhile. */
  releaseSignals(): number[];
  /** To be called once. A fault's signal is told when somebody has sent it; a fault of our own ends the process. */
  watchSignals(signals: readonly number[], listener: (signal: number) => void): number;
  /** Keeps these from the thread that calls; the process still receives them. */
  blockSignals(signals: readonly number[]): number;

  /** Removes the file (a path with its NUL) unless `beat` is called within the time, again and again. */
  armDeadMan(file: Buffer, milliseconds: number): number;
  beat(): number;
  disarmDeadMan(): number;

  /** SIGKILL for this process, so long after its parent has died. */
  endAfterParent(milliseconds: number): number;
  signalOnParentDeath(signal: number): number;
  becomeSubreaper(): number;
  isSubreaper(): boolean;
  /** The session of a process (0: of this one). */
  session(pid: number): number;

  /** Copies what has arrived on a socket and leaves it there: the number of bytes, 0 at its end, `-EAGAIN` when there is nothing yet. */
  peekSocket(fd: number, buffer: Buffer): number;

  /** Whether nothing more will come on a socket, though what has come may not be read yet. */
  hasPeerEnded(fd: number): boolean;

  /** Gives all pages of the C library's heap that hold nothing back to the kernel (malloc_trim(3)); whether there was one. */
  trimMemory(): boolean;
  /** Threads that have not allocated anything yet share at most so many arenas (M_ARENA_MAX of mallopt(3)); whether that could be set. */
  limitArenas(count: number): boolean;
  /** V8 collects all garbage that it can and gives free pages back (`Isolate::LowMemoryNotification`); whether it was asked. Takes some 3 ms for each MB. */
  shrinkHeap(): boolean;

  /** The beginning of a file as memory that stays until this process ends; `null` where it can't be had. */
  mapFile(fd: number, bytes: number): Mapping | null;
  /** The string that stands there, as Latin-1 or UTF-16, whose characters stay there. It must lie within the mapping. V8 has an upper bound for strings. */
  textAt(mapping: Mapping, offset: number, characters: number, isTwoByte: boolean): string | undefined;
  /** A part of a file as a string of Latin-1: read once, into memory that is outside of V8's heap and stays until this process ends; `null` where the file has no such part. */
  readText(fd: number, offset: number, bytes: number): string | null;
  /** Has the kernel give all memory of a resizable ArrayBuffer at once, before it is filled. */
  populate(buffer: ArrayBuffer): void;
  /** Gives the pages back that were read so far; they come again when they are read. */
  forgetPages(mapping: Mapping, bytes: number): number;
}

/** An address that only the native part knows. */
export type Mapping = object & { readonly native: unique symbol };

let loaded: Native | undefined;
let failure: string | undefined;

/** The native part, or `undefined` where it can't be loaded: `whyNotNative` tells why. On the main thread only. */
export function loadNative(): Native | undefined {
  if (loaded !== undefined || failure !== undefined) return loaded;
  const file = `../../native/prebuilt/${process.platform}-${process.arch}.node`;
  const target: { exports: Native | Record<string, never> } = { exports: {} };
  try {
    process.dlopen(target, join(import.meta.dirname, file));
    loaded = target.exports as Native;
  } catch (error) {
    failure = messageOf(error);
  }
  return loaded;
}

export function whyNotNative(): string | undefined {
  return failure;
}
