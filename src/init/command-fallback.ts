import { type ChildProcess, spawn } from 'node:child_process';
import { isatty } from 'node:tty';
import { onExit } from 'signal-exit';
import { type CommandEnd, commandEnded, commandNotStarted } from './command-end.js';
import type { CommandRequest } from './command.js';
import { Forwarder } from './forwarder.js';
import { MainChild } from './main-child.js';
import { endRemaining, killRemaining } from './remaining.js';
import { numberOf } from './signal-names.js';

/**
 * Runs one command where the native part can't be loaded: signals are forwarded and the exit code is the command's, but
 * orphans are not reaped, and Node hides the number of a real-time signal that has killed the command.
 */
export async function runCommandWithoutNative(request: CommandRequest, why: string): Promise<CommandEnd> {
  const { command, options, signals, env, voice } = request;
  const remedy = 'run the container with an init (docker run --init) where orphans matter';
  voice.say('warn', `eggcup's native part can't be loaded, so orphans are not reaped; ${remedy}: ${why}`);
  if (options.subreaper || options.parentDeathSignal !== undefined) voice.say('warn', '-s and -p need it: ignored');
  const main = new MainChild();
  const [program, ...args] = command;
  // With a terminal the command must stay in our session; keys then reach both, and are not forwarded.
  const sharesTerminal = isatty(0);
  const child = spawn(program, args, { stdio: 'inherit', env, detached: !sharesTerminal });
  const failed = await startFailure(child);
  if (failed !== undefined) return commandNotStarted(program, failed, voice);
  main.pid = child.pid ?? 0;
  child.once('exit', (code, signal) => {
    main.ended(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal: numberOf(signal) });
  });
  const forget = onExit(() => killRemaining(main.pid));
  const forwarder = new Forwarder({
    main,
    voice,
    options: { ...options, wholeGroup: options.wholeGroup && !sharesTerminal },
    terminal: undefined,
  });
  signals.listen((signal) => {
    if (!sharesTerminal || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) forwarder.hear(numberOf(signal));
  });
  const end = commandEnded(command, options, await main.whenEnded);
  await endRemaining(main.pid);
  forget();
  return end;
}

/** The errno's name, when it could not be started. */
function startFailure(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
