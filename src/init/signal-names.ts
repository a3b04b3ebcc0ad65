import { constants } from 'node:os';

/** The last one (SIGRTMAX on Linux). */
export const LAST_SIGNAL = 64;
/** Linux' first real-time signal for programs: the C library keeps two for its threads. */
const FIRST_REAL_TIME = 34;
/** The real-time signal of `armDeadMan` (native/deadline.c): not to be watched together with it. */
export const DEAD_MAN_SIGNAL = 61;
const LAST_STANDARD = 31;
const ALIASES: ReadonlySet<string> = new Set(['SIGIOT', 'SIGPOLL', 'SIGUNUSED']);

/** `TERM`, `SIGTERM` or `15` → 15; real-time signals by number only. `undefined` when there is no such signal. */
export function parseSignal(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= LAST_SIGNAL ? number : undefined;
  }
  return knownNumber(text.startsWith('SIG') ? text : `SIG${text}`);
}

/** The number of a signal by the name that `signalName` gives; 0 for one that this system does not have. */
export function numberOf(name: string): number {
  if (/^SIG\d+$/.test(name)) return Number(name.slice('SIG'.length));
  return knownNumber(name) ?? 0;
}

function knownNumber(name: string): number | undefined {
  return Object.hasOwn(constants.signals, name) ? constants.signals[name as NodeJS.Signals] : undefined;
}

/** For people: `SIGTERM`, `SIG40`. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([name, value]) => value === number && !ALIASES.has(name));
  return found?.[0] ?? `SIG${number}`;
}

/** Faults' and real-time signals, and the profiler's: they end a process by default, and Node has no safe way to listen. */
export function unnamedSignals(): readonly number[] {
  const { SIGILL, SIGBUS, SIGFPE, SIGSEGV, SIGPROF } = constants.signals;
  const named: ReadonlySet<number> = new Set([SIGILL, SIGBUS, SIGFPE, SIGSEGV, SIGPROF]);
  return allSignals().filter((number) => number >= FIRST_REAL_TIME || named.has(number));
}

/**
 * The numbers of all signals that a program can catch, but SIGCHLD, which is about its own children, and SIGPROF while V8
 * profiles this process with it (`--cpu-prof`).
 */
export function allSignals(): readonly number[] {
  const { SIGKILL, SIGSTOP, SIGCHLD, SIGPROF } = constants.signals;
  const isProfiled = /--(cpu-)?prof\b/.test([...process.execArgv, process.env['NODE_OPTIONS']].join(' '));
  const excluded: ReadonlySet<number> = new Set([SIGKILL, SIGSTOP, SIGCHLD, ...(isProfiled ? [SIGPROF] : [])]);
  return Array.from({ length: LAST_SIGNAL }, (_, index) => index + 1).filter(
    (number) => (number <= LAST_STANDARD || number >= FIRST_REAL_TIME) && !excluded.has(number),
  );
}
