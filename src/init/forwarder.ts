import { constants } from 'node:os';
import { hasCode } from '../errors.js';
import type { CommandOptions } from './command-options.js';
import type { MainChild } from './main-child.js';
import { killRemaining } from './remaining.js';
import { signalName } from './signal-names.js';
import type { Terminal } from './terminal.js';
import type { Voice } from './voice.js';

export interface ForwarderOptions {
  readonly main: MainChild;
  readonly options: Pick<CommandOptions, 'wholeGroup' | 'rewrites'>;
  readonly voice: Voice;
  readonly terminal: Terminal | undefined;
}

const { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT } = constants.signals;
const HURRYING: ReadonlySet<number> = new Set([SIGTERM, SIGINT, SIGQUIT, SIGHUP]);
/** Whoever sends one of these wants the job suspended, and this process is part of it (dumb-init's rule). */
const SUSPENDING: ReadonlySet<number> = new Set([SIGTSTP, SIGTTIN, SIGTTOU]);

/** Passes signals on to the command; rewrites them first. */
export class Forwarder {
  readonly #options: ForwarderOptions;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  hear(signal: number): void {
    const { main, options, voice, terminal } = this.#options;
    if (main.hasEnded) {
      // What is left has been asked to end already.
      if (HURRYING.has(signal)) killRemaining(main.pid);
      return;
    }
    if (!main.isRunning) return; // It could not be started, and this process is about to exit.
    const forwarded = options.rewrites.get(signal) ?? signal;
    const isContinued = signal === SIGCONT && terminal?.resume() === true;
    if (forwarded === 0) voice.say('debug', `Dropping signal: '${signalName(signal)}'`);
    else if (!isContinued) this.#send(forwarded);
    if (SUSPENDING.has(signal)) suspendSelf();
  }

  /** SIGCHLD comes also when the command has been stopped (Ctrl-Z). */
  childChanged(): void {
    const { main, terminal } = this.#options;
    if (main.isRunning) terminal?.followStop();
  }

  #send(signal: number): void {
    const { main, options, voice } = this.#options;
    voice.say('debug', `Passing signal: '${signalName(signal)}'`);
    try {
      process.kill(options.wholeGroup ? -main.pid : main.pid, signal);
    } catch (error) {
      if (hasCode(error, 'ESRCH')) voice.say('warn', 'Child was dead when forwarding signal');
      else if (hasCode(error, 'EPERM')) voice.say('warn', `${signalName(signal)} can't be passed on: not permitted`);
      else throw error;
    }
  }
}

/** PID 1 can't be stopped from inside: the kernel drops it. */
function suspendSelf(): void {
  if (process.pid !== 1) process.kill(process.pid, 'SIGSTOP');
}
