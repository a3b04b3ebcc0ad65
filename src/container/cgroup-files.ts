/**
 * Parsers of the limit files in a cgroup's directory. `undefined` is "no limit"; what the kernel cannot have written
 * throws, because guessing at it would give a wrong number of workers or hide a limit.
 */
import { malformed } from './malformed.js';

/** CPUs granted by cgroup v2's `cpu.max`: `$MAX $PERIOD`, or `undefined` when it is `max`. */
export function parseCpuMax(text: string): number | undefined {
  const [, quota, period] = /^(max|\d+)(?: (\d+))?$/.exec(text.trimEnd()) ?? [];
  if (quota === 'max') return undefined;
  if (quota === undefined || period === undefined) throw malformed('"QUOTA PERIOD" or "max PERIOD"', text);
  return positive(quota, text) / positive(period, text);
}

/** Microseconds per period granted by cgroup v1's `cpu.cfs_quota_us`, or `undefined` when it is -1. */
export function parseCfsQuota(text: string): number | undefined {
  return text.trimEnd() === '-1' ? undefined : positive(text.trimEnd(), text);
}

/** Length in microseconds of the period of cgroup v1's `cpu.cfs_period_us`. */
export function parseCfsPeriod(text: string): number {
  return positive(text.trimEnd(), text);
}

/** 0 is not accepted as "no limit": the kernel takes no quota or period below 1 ms (Documentation/scheduler/sched-bwc.rst). */
function positive(digits: string, text: string): number {
  const number = Number(digits);
  if (!/^\d+$/.test(digits) || !Number.isSafeInteger(number) || number === 0)
    throw malformed('a positive number of microseconds', text);
  return number;
}

/**
 * Bytes allowed by `memory.max`, `memory.high` (v2) or `memory.limit_in_bytes` (v1), or `undefined` without a limit.
 *
 * v1 has no word for that and writes the largest number it can hold, rounded down to a page: 9223372036854771712 with
 * 4 KiB pages, other values with other page sizes and in old kernels (PAGE_COUNTER_MAX in include/linux/page_counter.h).
 * All are far above 2^53 bytes, and no memory is.
 */
export function parseMemoryLimit(text: string): number | undefined {
  const word = text.trimEnd();
  if (word === 'max') return undefined;
  if (!/^\d+$/.test(word) || BigInt(word) > U64_MAX) throw malformed('a number of bytes or "max"', text);
  return BigInt(word) > Number.MAX_SAFE_INTEGER ? undefined : Number(word);
}

const U64_MAX = 2n ** 64n - 1n;

/** The limit that `memory.stat` of cgroup v1 reports for the whole path, also for ancestors this mount does not show. */
export function parseHierarchicalLimit(text: string): number | undefined {
  const [, limit] = /^hierarchical_memory_limit\b ?(.*)$/m.exec(text) ?? [];
  return limit === undefined ? undefined : parseMemoryLimit(limit);
}

/**
 * How many CPUs a list such as `0-3,7` names, or `undefined` for an empty one. The kernel prints ascending ranges
 * that do not overlap, so anything else is not from the kernel.
 */
export function parseCpuList(text: string): number | undefined {
  const list = text.trim();
  if (list === '') return undefined;
  let count = 0;
  let last = -1;
  for (const range of list.split(',')) {
    const [, first, end = first] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(range) ?? [];
    if (first === undefined || Number(first) <= last || Number(end) < Number(first))
      throw malformed('a list of CPUs such as "0-3,7"', text);
    count += Number(end) - Number(first) + 1;
    last = Number(end);
  }
  return count;
}
