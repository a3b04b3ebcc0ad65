import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { hasCode, messageOf } from '../errors.js';
import { javaScriptStackOf } from './javascript-stack.js';
import { monotonicMs } from '../monotonic.js';

/** Evidence is for reading, and shares a small tmpfs with the health files. */
const MAX_LENGTH = 32 * 1024;
const WINDOW_MS = 500;
/** USER_HZ: what proc(5) counts in, on every Linux. */
const TICK_MS = 10;

export interface Evidence {
  /** The innermost frame first; empty where nothing is known. */
  readonly stack: readonly string[];
  /** All of it, for a file. */
  readonly text: string;
  /** To be called when the process answers again. */
  readonly letGo: () => Promise<void>;
}

/** Looks at a process that hangs: what the kernel and its JavaScript tell. Never rejects. */
export async function examine(pid: number): Promise<Evidence> {
  const kernel = await kernelFacts(pid);
  let stack: readonly string[] = [];
  let letGo = (): Promise<void> => Promise.resolve();
  let javaScript: string;
  try {
    ({ frames: stack, letGo } = await javaScriptStackOf(pid));
    javaScript = stack.length === 0 ? 'no JavaScript on the stack' : stack.join('\n');
  } catch (error) {
    javaScript = `no JavaScript stack: ${messageOf(error)}`;
  }
  const text = `pid ${pid}, ${new Date().toISOString()}\n\n${kernel}\n\n${javaScript}\n`;
  return { stack, text: text.slice(0, MAX_LENGTH), letGo };
}

/** Its state, what it waits for, and how much processor it uses: an endless loop takes all of one. */
async function kernelFacts(pid: number): Promise<string> {
  const before = cpuMsOf(pid);
  const began = monotonicMs();
  await setTimeout(WINDOW_MS);
  const share = ((cpuMsOf(pid) - before) / (monotonicMs() - began)) * 100;
  const status = readOf(pid, 'status')
    .split('\n')
    .filter((line) => /^(?:State|Threads|VmRSS|VmSwap):/.test(line));
  const waits = readOf(pid, 'wchan');
  return [...status, `CPU:\t${Math.round(share)} %`, ...(/^0?$/.test(waits) ? [] : [`waits in:\t${waits}`])].join('\n');
}

function cpuMsOf(pid: number): number {
  const fields = readOf(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const isExpected = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => hasCode(error, code));
    if (isExpected) return ''; // It has ended, or is not ours to look at.
    throw error;
  }
}
