import type { CommandOptions } from './command-options.js';
import { signalName } from './signal-names.js';
import type { Voice } from './voice.js';
import { type Ending, exitCodeOf } from './wait-status.js';

/** How a command ended, and the exit code that follows (design 4). */
export interface CommandEnd {
  readonly code: number;
  readonly reason: string;
}

/** -e makes 0 of a code, also of the 128+n of a signal, as with tini. */
export function commandEnded(command: readonly string[], options: CommandOptions, ending: Ending): CommandEnd {
  const how = ending.kind === 'exited' ? `with status ${ending.code}` : `by ${signalName(ending.signal)}`;
  const code = exitCodeOf(ending);
  return {
    code: options.successCodes.has(code) ? 0 : code,
    reason: `the command "${command.join(' ')}" ended ${how}`,
  };
}

/** 127 and 126 are the shells' (POSIX, "Exit Status for Commands"). `why` is an errno's name. */
export function commandNotStarted(program: string, why: string, voice: Voice): CommandEnd {
  const known: Readonly<Record<string, string>> = { ENOENT: 'no such file or directory', EACCES: 'permission denied' };
  const reason = `exec ${program} failed: ${known[why] ?? why}`;
  voice.say('fatal', reason);
  return { code: why === 'ENOENT' ? 127 : 126, reason };
}
