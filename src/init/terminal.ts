import type { Native } from '../native/addon.js';
import { sendSignal } from '../process/signal.js';
import type { MainChild } from './main-child.js';

/**
 * Job control. The command is in the foreground of the terminal, so keys reach it and not this process (each once). When it
 * stops (Ctrl-Z), a shell that has started this process must see its job stop, or it would wait for ever; and `fg` must
 * reach the command. As PID 1 there is nobody above who could resume anything: then nothing is done, as tini does.
 */
export class Terminal {
  readonly #native: Native;
  readonly #main: MainChild;
  #hasStopped = false;

  constructor(native: Native, main: MainChild) {
    this.#native = native;
    this.#main = main;
  }

  /** Stops this process' own group, if the command has stopped in the foreground of the terminal. */
  followStop(): void {
    if (this.#native.hasStopped(this.#group) === 0) return;
    if (this.#native.foreground() !== this.#group || !hasShell(this.#native)) return;
    this.#hasStopped = true;
    process.kill(0, 'SIGSTOP');
  }

  /** SIGCONT: the terminal is the command's again if it was given back to us. Returns whether that was all to do. */
  resume(): boolean {
    if (this.#native.foreground() === this.#native.group()) this.#native.setForeground(this.#group);
    if (!this.#hasStopped) return false;
    this.#hasStopped = false;
    sendSignal(-this.#group, 'SIGCONT'); // As Ctrl-Z had stopped the whole group.
    return true;
  }

  /** The command leads its process group. */
  get #group(): number {
    return this.#main.pid;
  }
}

/** Somebody in our session who can continue us: then our own group is no orphan (POSIX, "orphaned process group"). */
function hasShell(native: Native): boolean {
  return process.pid !== 1 && process.ppid > 0 && native.session(process.ppid) === native.session(0);
}
