import { constants } from 'node:os';
import { readFileSync, readdirSync } from 'node:fs';

/** Pids of living (not zombie) processes whose environment holds `entry`, other than this one. */
export function livingProcessesWith(entry: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isLiving(pid) && read(pid, 'environ').split('\0').includes(entry));
}

/** Whether a process runs: a zombie does not. */
export function isLiving(pid: number): boolean {
  const stat = read(pid, 'stat');
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return state !== '' && state !== 'Z' && state !== 'X';
}

/** Whether a process has a handler for a signal, by the kernel's account of it (proc(5), SigCgt). */
export function catchesSignal(pid: number, signal: NodeJS.Signals): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(read(pid, 'status'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** The letter of a process' state (proc(5)): `T` is stopped, `Z` a zombie; empty when it is gone. */
export function stateOf(pid: number): string {
  return statOf(pid)[0] ?? '';
}

export function sessionOf(pid: number): number {
  return Number(statOf(pid)[3] ?? 0);
}

export function parentOf(pid: number): number {
  return Number(statOf(pid)[1] ?? 0);
}

/** Whether its group is the one that the keys of its terminal reach. */
export function isInForeground(pid: number): boolean {
  const [, , group, , , foreground] = statOf(pid);
  return group !== undefined && group === foreground;
}

/** Pids of a process' children, zombies among them. */
export function childrenOf(pid: number): readonly number[] {
  return read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Cheaper than to ask every process for its environment: for a machine that the test itself keeps busy. */
export function descendantsOf(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

export function programOf(pid: number): string {
  return read(pid, 'comm').trim();
}

/** What follows the name in proc(5)'s stat: state, parent, group, session, terminal, its foreground group. */
function statOf(pid: number): readonly string[] {
  const stat = read(pid, 'stat');
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
