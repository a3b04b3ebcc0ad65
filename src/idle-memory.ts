import { getHeapStatistics } from 'node:v8';
import type { Native } from './native/addon.js';

/** In bytes. A larger heap would stand still for longer than what it can give back is worth: V8 takes some 3 ms for each MB. */
const LARGEST_HEAP = 64 * 2 ** 20;

/** Of the time, for which this process has been on a processor, with all its threads. */
const BUSY = 0.05;
const FIRST_LOOK_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * What only its start has needed goes back to the kernel once this process has next to nothing to do: it stands still for some 50 ms
 * (docs/adr/0022-idle-memory.md). Once, unless it is called off before; it keeps the process from nothing.
 */
export function saveMemoryWhenIdle(native: Pick<Native, 'shrinkHeap' | 'trimMemory'> | undefined): { callOff(): void } {
  return whenIdle(() => {
    if (getHeapStatistics().used_heap_size <= LARGEST_HEAP) native?.shrinkHeap();
    native?.trimMemory();
  });
}

function whenIdle(act: () => void): { callOff(): void } {
  let timer: NodeJS.Timeout;
  const lookAfter = (ms: number): void => {
    const [cpu, begin] = [process.cpuUsage(), process.hrtime.bigint()];
    timer = setTimeout(() => {
      const { user, system } = process.cpuUsage(cpu);
      const microseconds = Number(process.hrtime.bigint() - begin) / 1000;
      if (user + system < BUSY * microseconds) act();
      else lookAfter(Math.min(LONGEST_MS, 2 * ms));
    }, ms).unref();
  };
  lookAfter(FIRST_LOOK_MS);
  return { callOff: () => clearTimeout(timer) };
}
