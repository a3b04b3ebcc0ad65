import { closeSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { hasCode } from '../errors.js';

/** A process as `/proc/PID/stat` describes it. `startTime` (clock ticks) tells it from a later one with its pid. */
export interface ProcessEntry {
  readonly pid: number;
  /** Of its program, 15 bytes at most. */
  readonly name: string;
  readonly ppid: number;
  /** Its process group. */
  readonly group: number;
  readonly state: string;
  readonly startTime: string;
}

let tableOfThisTurn: ReadonlyMap<number, ProcessEntry> | undefined;

/**
 * All processes that `/proc` shows, by pid; empty where there is no `/proc`. Read once for a turn of the event loop:
 * a stop looks for the descendants of fifty workers in one turn.
 */
export function readProcessTable(): ReadonlyMap<number, ProcessEntry> {
  if (tableOfThisTurn === undefined) {
    tableOfThisTurn = scanProcesses();
    setImmediate(() => (tableOfThisTurn = undefined));
  }
  return tableOfThisTurn;
}

/** The same, read anew. */
export function scanProcesses(): ReadonlyMap<number, ProcessEntry> {
  const table = new Map<number, ProcessEntry>();
  for (const pid of listPids()) {
    const entry = readProcess(pid);
    if (entry !== undefined) table.set(pid, entry);
  }
  return table;
}

/** Where this process' pids hold: `pid:[4026531836]` (pid_namespaces(7)); `undefined` where there is no `/proc`. */
export function readPidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].some((code) => hasCode(error, code))) return undefined;
    throw error;
  }
}

/** One process, or `undefined` when there is none (any more). */
export function readProcess(pid: number): ProcessEntry | undefined {
  const text = readOf(pid, 'stat');
  return text === undefined ? undefined : parseStat(text);
}

/** `pid (comm) state ppid … starttime …`: comm may itself hold blanks and parentheses (proc(5)). */
export function parseStat(text: string): ProcessEntry | undefined {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const name = text.slice(text.indexOf('(') + 1, end);
  const [state, ppid, group] = fields;
  const startTime = fields[19];
  if (end < 0 || state === undefined || ppid === undefined || group === undefined || startTime === undefined)
    return undefined;
  return { pid: Number.parseInt(text, 10), name, ppid: Number(ppid), group: Number(group), state, startTime };
}

/** Not `kill(pid, 0)`: that succeeds on a zombie too. */
export function isAlive(process: ProcessEntry): boolean {
  const now = readProcess(process.pid);
  return now !== undefined && now.startTime === process.startTime && !isDead(now);
}

export function isDead(process: ProcessEntry): boolean {
  return process.state === 'Z' || process.state === 'X';
}

/** Everything below `pid`, parents first. */
export function descendantsOf(pid: number, table: ReadonlyMap<number, ProcessEntry>): readonly ProcessEntry[] {
  const found: ProcessEntry[] = [];
  const queue = [pid];
  for (const parent of queue) {
    for (const entry of table.values()) {
      // A pid can be taken anew while the table is read: no process is its own ancestor.
      if (entry.ppid !== parent || queue.includes(entry.pid)) continue;
      found.push(entry);
      queue.push(entry.pid);
    }
  }
  return found;
}

/** Pids of this thread's children; `undefined` where `/proc` or the kernel (CONFIG_PROC_CHILDREN) doesn't tell. */
export function childrenOfThisThread(): readonly number[] | undefined {
  try {
    return readFileSync('/proc/thread-self/children', 'latin1').split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES') || isOutOfDescriptors(error)) return undefined;
    throw error;
  }
}

/** Processes whose environment holds this variable with this value: it stays with a process that left its parents. */
export function processesWith(variable: string, value: string): readonly ProcessEntry[] {
  const marker = `${variable}=${value}`;
  return listPids().flatMap((pid) => {
    if (readOf(pid, 'environ')?.split('\0').includes(marker) !== true) return [];
    const entry = readProcess(pid);
    return entry === undefined || isDead(entry) ? [] : [entry];
  });
}

/** Resident memory in bytes (proc(5), VmRSS). */
export function readRssBytes(pid: number): number | null {
  const kiB = /^VmRSS:\s*(\d+) kB$/m.exec(readOf(pid, 'status') ?? '')?.[1];
  return kiB === undefined ? null : Number(kiB) * 1024;
}

/** Whether processes can be looked at: without a free descriptor nobody is seen. */
export function canLook(): boolean {
  try {
    closeSync(openSync('/proc/self/stat', 'r'));
  } catch (error) {
    return !isOutOfDescriptors(error);
  }
  return true;
}

function listPids(): readonly number[] {
  try {
    // Mounted for another PID namespace (unshare without --mount-proc) it would name strangers.
    if (readlinkSync('/proc/self') !== String(process.pid)) return [];
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || isOutOfDescriptors(error)) return []; // ENOENT: macOS
    throw error;
  }
}

function readOf(pid: number, file: 'stat' | 'status' | 'environ'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    // It has ended meanwhile (ENOENT, ESRCH), is somebody else's (EACCES, EPERM), or there is no /proc.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => hasCode(error, code))) return undefined;
    if (isOutOfDescriptors(error)) return undefined;
    throw error;
  }
}

/**
 * Connections that wait for a worker can take all descriptors there are. Then nothing is seen for a while, which costs no more than
 * a later look: what a child has left behind is looked for again at the end, when the children's own descriptors are free.
 */
function isOutOfDescriptors(error: unknown): boolean {
  return hasCode(error, 'EMFILE') || hasCode(error, 'ENFILE');
}
