import { getSystemErrorName } from 'node:util';
import { onExit } from 'signal-exit';
import type { Native } from '../native/addon.js';
import { type ClaimedSignals, CLAIMED_NUMBERS } from './claimed-signals.js';
import { type CommandEnd, commandEnded, commandNotStarted } from './command-end.js';
import type { CommandOptions } from './command-options.js';
import { exactArguments, exactEnvironment } from './exact-strings.js';
import { candidatesFor } from './find-program.js';
import { Forwarder } from './forwarder.js';
import { inheritedDescriptors } from './inherited-descriptors.js';
import { MainChild } from './main-child.js';
import { Reaper } from './reaper.js';
import { endRemaining, killRemaining } from './remaining.js';
import { allSignals, numberOf } from './signal-names.js';
import { Terminal } from './terminal.js';
import type { Voice } from './voice.js';
import { endingOf } from './wait-status.js';

export interface CommandRequest {
  readonly command: readonly [string, ...string[]];
  readonly options: CommandOptions;
  readonly signals: ClaimedSignals;
  readonly env: NodeJS.ProcessEnv;
  readonly voice: Voice;
}

/** Runs one command as an init does (tini), to its end and that of everything it has started. */
export async function runCommand(request: CommandRequest, native: Native): Promise<CommandEnd> {
  const { command, options, voice } = request;
  const refused = prepareProcess(native, options, voice);
  if (refused !== undefined) return { code: 1, reason: refused };
  const main = new MainChild();
  const reaper = new Reaper({
    native,
    graceMs: 0, // Nothing but eggcup runs in this process.
    onReaped: (pid, status) => {
      if (pid === main.pid) main.ended(endingOf(status));
      else voice.say(options.warnOnReap ? 'warn' : 'debug', `Reaped zombie process with pid=${pid}`);
    },
  });
  const forwarder = new Forwarder({ main, options, voice, terminal: new Terminal(native, main) });
  // The command may send its first signal before this process goes on.
  watchSignals(native, forwarder);
  const pid = start(request, native);
  if (pid < 0) return commandNotStarted(command[0], getSystemErrorName(pid), voice);
  main.pid = pid;
  process.chdir('/'); // Or whatever is mounted at the command's directory could not be unmounted, as dumb-init has it.
  voice.say('info', `Spawned child process '${command[0]}' with pid '${pid}'`);
  const forget = onExit(() => killRemaining(pid));
  request.signals.listen((signal) => forwarder.hear(numberOf(signal)));
  const end = commandEnded(command, options, await main.whenEnded);
  voice.say('info', end.reason);
  await endRemaining(pid);
  forget();
  reaper.stop();
  return end;
}

/** -s and -p, and tini's warning. Returns what can't be done. */
function prepareProcess(native: Native, options: CommandOptions, voice: Voice): string | undefined {
  const { parentDeathSignal, subreaper } = options;
  if (parentDeathSignal !== undefined && native.signalOnParentDeath(parentDeathSignal) < 0) {
    return fatal(voice, `-p ${parentDeathSignal}: the kernel refuses a signal at the parent's death`);
  }
  if (subreaper && native.becomeSubreaper() < 0) {
    return fatal(voice, '-s: the kernel can make no subreaper of this process (Linux 3.4 can)');
  }
  if (process.pid !== 1 && !native.isSubreaper()) {
    const remedy = 'use -s or set TINI_SUBREAPER to register it as one, or run it as PID 1';
    voice.say('warn', `eggcup is neither PID 1 nor a subreaper: zombie reaping won't work; ${remedy}`);
  }
  return undefined;
}

function fatal(voice: Voice, text: string): string {
  voice.say('fatal', text);
  return text;
}

/** All that can be: claimed ones come by Node, the rest (real-time signals, faults that somebody sends) by the addon. */
function watchSignals(native: Native, forwarder: Forwarder): void {
  // A write to a terminal or a pipe must not send us what we would forward. Other threads still receive them.
  native.blockSignals(['SIGTTIN', 'SIGTTOU', 'SIGPIPE'].map(numberOf));
  const rest = allSignals().filter((signal) => !CLAIMED_NUMBERS.includes(signal));
  native.watchSignals(rest, (signal) => forwarder.hear(signal));
  process.on('SIGCHLD', () => forwarder.childChanged());
}

function start({ command, env }: CommandRequest, native: Native): number {
  const argv = exactArguments(command);
  // A name need not be UTF-8: one character for each byte.
  const program = argv.toString('latin1', 0, argv.indexOf(0));
  const path = env['PATH'] === undefined ? undefined : Buffer.from(env['PATH']).toString('latin1');
  const files = Buffer.from(
    candidatesFor(program, path)
      .map((file) => `${file}\0`)
      .join(''),
    'latin1',
  );
  return native.spawn(files, argv, exactEnvironment(env), inheritedDescriptors(env));
}
