#!/usr/bin/env node
/**
 * Exec probe for Kubernetes and Docker: `node dist/probe.js started|ready|live [--dir DIR]`.
 * Exit 0 or 1 and one line that says why. It loads nothing but node:fs, because it runs every few seconds.
 */
import { readFileSync, readlinkSync, statSync, writeSync } from 'node:fs';

/** The master beats every second; a process that is stopped as a whole (SIGSTOP, a frozen cgroup) does not. */
const LIVE_MAX_AGE_MS = 10_000;
const USAGE = `usage: probe started|ready|live [--dir DIR]

Looks at the health files of a running eggcup and exits 0 (yes) or 1 (no) with one line that says why.

  started   all app workers have listened once (startupProbe)
  ready     enough app workers listen to take traffic (readinessProbe)
  live      the master works (livenessProbe)

  --dir DIR   the health directory; else $EGGCUP_HEALTH_DIR, else /run/eggcup
  --help, --version`;

interface Answer {
  readonly code: 0 | 1;
  readonly line: string;
}

const answer = probe(process.argv.slice(2));
process.exitCode = answer.code;
try {
  writeSync(1, `${answer.line}\n`);
} catch {
  // Nobody reads it, or there is no room for it: the exit code is the answer all the same.
}

function probe(args: readonly string[]): Answer {
  if (args.includes('--help')) return { code: 0, line: USAGE };
  if (args.includes('--version')) return { code: 0, line: version() };
  const request = parse(args);
  if (typeof request === 'string') return { code: 1, line: `${request}\n${USAGE}` };
  const { what, dir } = request;
  const age = ageOf(`${dir}/${what}`);
  if (typeof age === 'string') return { code: 1, line: `not ${what}: ${age}${reasonIn(dir)}` };
  if (what !== 'live' && isOfEarlierLife(dir))
    return { code: 1, line: `not ${what}: ${dir}/${what} is of an earlier master; this one boots` };
  // All of them go with their master, unless it was killed, or may not remove those of an earlier life.
  const beat = what === 'live' ? age : ageOf(`${dir}/live`);
  if (typeof beat === 'string') return { code: 1, line: `not ${what}: ${beat}${reasonIn(dir)}` };
  if (beat <= LIVE_MAX_AGE_MS) return { code: 0, line: `${what}${reasonIn(dir)}` };
  return {
    code: 1,
    line: `not ${what}: the last heartbeat was ${Math.round(beat / 1000)} s ago; the master hangs, is stopped or gone`,
  };
}

/**
 * Whether the files are those of another process than the one that status.json names: a container that was killed starts again in the
 * same pod with the same pid for its master, which finds the files until it has come to remove them. Of a process that can't be seen
 * nothing is known.
 */
function isOfEarlierLife(dir: string): boolean {
  try {
    const text = readFileSync(`${dir}/status.json`, 'utf8');
    const { pid, startTicks, pidNamespace } = JSON.parse(text) as {
      pid: number;
      startTicks?: string | null;
      pidNamespace?: string | null;
    };
    // From outside of the container its pid is somebody else's.
    if (readlinkSync('/proc/self/ns/pid') !== pidNamespace) return false;
    // The name in parentheses may hold anything; field 22 is when it was started (proc_pid_stat(5)).
    const now = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').pop()?.split(' ')[19];
    return typeof startTicks === 'string' && startTicks !== now;
  } catch {
    return false;
  }
}

function parse(args: readonly string[]): { what: 'started' | 'ready' | 'live'; dir: string } | string {
  let dir = process.env['EGGCUP_HEALTH_DIR'] || '/run/eggcup'; // Empty counts as unset, as in the config.
  let what: 'started' | 'ready' | 'live' | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--dir' || arg.startsWith('--dir=')) {
      const value = arg === '--dir' ? args[(index += 1)] : arg.slice('--dir='.length);
      if (value === undefined || value === '') return '--dir needs a directory';
      dir = value;
    } else if (what === undefined && (arg === 'started' || arg === 'ready' || arg === 'live')) {
      what = arg;
    } else {
      return `probe: "${arg}" is not understood`;
    }
  }
  return what === undefined ? 'probe: say what to ask for: started, ready or live' : { what, dir };
}

function ageOf(file: string): number | string {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' ? `there is no ${file}` : `${file}: ${String(code)}`;
  }
}

/** What status.json adds; it may be missing, or be written by a version that we don't know. */
function reasonIn(dir: string): string {
  try {
    const { phase, children } = JSON.parse(readFileSync(`${dir}/status.json`, 'utf8')) as {
      phase: string;
      children: { slot: string; state: string }[];
    };
    const apps = children.filter(({ slot }) => slot !== 'agent');
    const ready = apps.filter(({ state }) => state === 'ready').length;
    return ` (${phase}; ${ready} of ${new Set(apps.map(({ slot }) => slot)).size} app workers listen)`;
  } catch {
    return '';
  }
}

function version(): string {
  const text = readFileSync(`${import.meta.dirname}/../package.json`, 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
