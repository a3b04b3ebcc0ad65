import { LAST_SIGNAL, parseSignal } from './signal-names.js';

/** How one command is run (design 1): tini's options, and dumb-init's rewriting of signals. */
export interface CommandOptions {
  /** -s, TINI_SUBREAPER: orphans below are adopted although this is not PID 1. */
  subreaper: boolean;
  /** -p: what this process gets, and forwards, when its parent dies. */
  parentDeathSignal: number | undefined;
  /** -g, TINI_KILL_PROCESS_GROUP: signals go to the command's whole process group. */
  wholeGroup: boolean;
  /** -w */
  warnOnReap: boolean;
  /** -e: exit codes that become 0. */
  successCodes: Set<number>;
  /** -v, TINI_VERBOSITY: 0 errors, 1 warnings, 2 what happens to the command, 3 signals and reaping. */
  verbosity: number;
  /** -r: signal → what is forwarded in its place; 0 is nothing. */
  rewrites: Map<number, number>;
}

/** A fault of the command line or of a variable, in words with the remedy. */
export interface Refusal {
  readonly why: string;
}

/** tini's: warnings are shown. TINI_VERBOSITY stands for all of -v. */
export function defaultOptions(env: NodeJS.ProcessEnv): CommandOptions | Refusal {
  const verbosity = env['TINI_VERBOSITY'];
  // Set to nothing is 0, as with tini.
  if (verbosity !== undefined && !/^\d?$/.test(verbosity))
    return { why: `TINI_VERBOSITY must be a number, 0 to 3, got "${verbosity}"` };
  return {
    // Set is enough, even to nothing, as with tini.
    subreaper: env['TINI_SUBREAPER'] !== undefined,
    parentDeathSignal: undefined,
    wholeGroup: env['TINI_KILL_PROCESS_GROUP'] !== undefined,
    warnOnReap: false,
    successCodes: new Set(),
    verbosity: verbosity === undefined ? 1 : Number(verbosity),
    rewrites: new Map(),
  };
}

/**
 * Reads one word of options (`-s`, `-gw`, `-e143`, `-e 143`) into `options`, in the manner of getopt(3). `next` is the
 * word after it; returns how many words were read.
 */
export function readOption(
  word: string,
  next: string | undefined,
  options: CommandOptions,
  env: NodeJS.ProcessEnv,
): 1 | 2 | Refusal {
  const letters = word.slice(1);
  for (let index = 0; index < letters.length; index += 1) {
    const letter = letters.charAt(index);
    if (setFlag(letter, options, env)) continue;
    const set = SETTERS[letter];
    if (set === undefined) return { why: `unknown option "${word}"; see --help` };
    const attached = letters.slice(index + 1);
    const why = set(attached === '' ? (next ?? '') : attached, options);
    if (why !== undefined) return { why };
    return attached === '' ? 2 : 1;
  }
  return letters === '' ? { why: `unknown option "${word}"; see --help` } : 1;
}

function setFlag(letter: string, options: CommandOptions, env: NodeJS.ProcessEnv): boolean {
  if (letter === 's') options.subreaper = true;
  else if (letter === 'g') options.wholeGroup = true;
  else if (letter === 'w') options.warnOnReap = true;
  else if (letter === 'v') options.verbosity += env['TINI_VERBOSITY'] === undefined ? 1 : 0;
  else return false;
  return true;
}

type Setter = (value: string, options: CommandOptions) => string | undefined;

const SETTERS: Readonly<Record<string, Setter>> = {
  p(value, options) {
    options.parentDeathSignal = parseSignal(value);
    return options.parentDeathSignal === undefined ? `-p needs a signal, as in -p SIGTERM, got "${value}"` : undefined;
  },
  e(value, options) {
    if (!/^\d{1,3}$/.test(value) || Number(value) > 255) return `-e needs an exit code, 0 to 255, got "${value}"`;
    options.successCodes.add(Number(value));
    return undefined;
  },
  r(value, options) {
    const [from = '', to = '', ...more] = value.split(':');
    const received = parseSignal(from);
    const forwarded = to === '0' ? 0 : parseSignal(to);
    if (received === undefined || forwarded === undefined || more.length > 0)
      return `-r needs two signals, as in -r 15:3 or -r TERM:QUIT (1 to ${LAST_SIGNAL}; 0 as the second drops it), got "${value}"`;
    options.rewrites.set(received, forwarded);
    return undefined;
  },
};
