/** Processes as /proc tells of them: by descent, and by a mark in the environment, which stays with who leaves the tree. */
import { readFileSync, readdirSync } from 'node:fs';

export const MARK = 'BENCH_MARK';

/** `pid` and all that is below it. */
export function treeOf(pid) {
  const parents = new Map(pids().flatMap((it) => (readOf(it, 'stat') === undefined ? [] : [[it, parentOf(it)]])));
  const found = [pid];
  for (const parent of found) for (const [child, its] of parents) if (its === parent) found.push(child);
  return found;
}

/** Proportional memory in MB: what is shared is divided among who shares it (proc_pid_smaps(5)). */
export function pssOf(list) {
  const kilobytes = list.map((pid) => Number(/^Pss:\s*(\d+) kB$/m.exec(readOf(pid, 'smaps_rollup') ?? '')?.[1] ?? 0));
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

/** What these have used of the processors so far (proc_pid_stat(5), in ticks of 10 ms). */
export function cpuMsOf(list) {
  const fields = list.map((pid) => (readOf(pid, 'stat') ?? '').split(') ').at(-1).split(' '));
  return fields.reduce((sum, its) => sum + Number(its[11] ?? 0) + Number(its[12] ?? 0), 0) * 10;
}

/** Kills every process with this mark, until there is none. */
export function killMarked(mark) {
  for (;;) {
    const found = pids().filter((pid) => readOf(pid, 'environ')?.split('\0').includes(`${MARK}=${mark}`));
    if (found.length === 0) return;
    for (const pid of found) kill(pid);
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function pids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function parentOf(pid) {
  const stat = readOf(pid, 'stat') ?? '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** `undefined` once the process has ended. */
function readOf(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return undefined;
    throw error;
  }
}
