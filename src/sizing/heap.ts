import type { Memory } from './memory.js';
import type { SizingConfig } from './config.js';
import { bytes, plural } from './text.js';

const MIB = 2 ** 20;

/** V8's old space is this part of a worker's share; its young generation, code, Buffers and stacks are the rest. */
const HEAP_SHARE = 0.75;

/** With less a usual framework does not even load, and the worker would fail at each start. */
const LEAST_HEAP_MIB = 64;

interface Heap {
  readonly heapMiB: number | null;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

export function planHeap({ heap, nodeHeapMiB }: SizingConfig, workers: number, memory: Memory): Heap {
  if (nodeHeapMiB !== undefined) return chosenHeap(nodeHeapMiB, 'app.nodeOptions', workers, memory);
  if (heap === 'off') return { heapMiB: null, reasons: ['heap: V8 decides, workers.heap is off'], warnings: [] };
  if (heap !== 'auto') return chosenHeap(Math.max(1, Math.floor(heap / MIB)), 'workers.heap', workers, memory);
  if (memory.kind === 'unlimited')
    return { heapMiB: null, reasons: [`heap: V8 decides, ${memory.text}`], warnings: [] };

  const share = memory.forWorkersBytes / workers;
  const wanted = Math.floor((share * HEAP_SHARE) / MIB);
  const heapMiB = Math.max(LEAST_HEAP_MIB, wanted);
  const least = wanted < LEAST_HEAP_MIB ? `the least that is sensible, above ` : '';
  const ofShare = `${least}${HEAP_SHARE * 100} % of ${bytes(share)}, its share of ${bytes(memory.forWorkersBytes)}`;
  return {
    heapMiB,
    reasons: [`heap ${heapMiB} MiB per worker: ${ofShare} (${memory.text})`],
    warnings: overcommit(heapMiB, workers, memory),
  };
}

function chosenHeap(heapMiB: number, key: string, workers: number, memory: Memory): Heap {
  return {
    heapMiB,
    reasons: [`heap ${heapMiB} MiB per worker: ${key}`],
    warnings: overcommit(heapMiB, workers, memory),
  };
}

export function overcommit(heapMiB: number, workers: number, memory: Memory): readonly string[] {
  if (memory.kind === 'unlimited' || heapMiB * MIB * workers <= memory.forWorkersBytes) return [];
  const heaps = `${plural(workers, 'heap')} of ${heapMiB} MiB`;
  return [`warning: no room for ${heaps} in the ${bytes(memory.forWorkersBytes)} for workers (${memory.text})`];
}
