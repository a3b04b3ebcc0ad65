import { getHeapStatistics } from 'node:v8';
import type { Native } from './native/addon.js';

/**
 * In bytes. What is larger would stand still for longer than what it can give back is worth: V8 takes some 3 ms for each MB of its heap, and
 * the C library up to 0.2 ms for each of all others.
 */
const LARGEST_HEAP = 64 * 2 ** 20;
const LARGEST_PROCESS = 256 * 2 ** 20;

/** So long a look takes, and so much of that time an idle process is on a processor at most, with all its threads. */
const LOOK_MS = 1000;
const IDLE = 0.02;

/** So long after the start nobody looks: a process that is about to get ready is not idle. */
const START_MS = 500;

/** The time from one look to the next doubles, up to this. */
const LONGEST_MS = 60_000;

type Shrinks = Pick<Native, 'shrinkHeap' | 'trimMemory'>;

/**
 * What only its start has needed goes back to the kernel once this process has next to nothing to do: it stands still for some 50 ms
 * (docs/adr/0022-idle-memory.md). Once, unless it is called off before; it keeps the process from nothing.
 */
export function saveMemoryWhenIdle(native: Shrinks | undefined): { callOff(): void } {
  return whenIdle(() => saveMemory(native));
}

/** The same at once, unless that would take too long. */
export function saveMemory(native: Shrinks | undefined): void {
  if (getHeapStatistics().used_heap_size > LARGEST_HEAP || largestSize() > LARGEST_PROCESS) return;
  native?.shrinkHeap();
  native?.trimMemory();
}

/** In bytes, what the process has had at most: what it has now takes a descriptor to read, and there may be none. */
function largestSize(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function whenIdle(act: () => void): { callOff(): void } {
  let timer: NodeJS.Timeout;
  const wait = (ms: number, next: () => void): void => {
    timer = setTimeout(next, ms).unref();
  };
  const look = (everyMs: number): void => {
    const [cpu, begin] = [process.cpuUsage(), process.hrtime.bigint()];
    wait(LOOK_MS, () => {
      const { user, system } = process.cpuUsage(cpu);
      const microseconds = Number(process.hrtime.bigint() - begin) / 1000;
      if (user + system < IDLE * microseconds) return act();
      wait(everyMs - LOOK_MS, () => look(Math.min(LONGEST_MS, 2 * everyMs)));
    });
  };
  wait(START_MS, () => look(2 * LOOK_MS));
  return { callOff: () => clearTimeout(timer) };
}
