import type { Native } from '../native/addon.js';

/**
 * Takes `live` away when the event loop hangs, at no cost: a timer of the kernel that each beat winds up again, whose signal
 * handler does nothing but unlink the file. A loop that goes on writes it again at its next beat.
 */
export class DeadMan {
  readonly #native: Native;

  private constructor(native: Native) {
    this.#native = native;
  }

  /** `undefined` where the kernel gives no timer (a limit of pending signals): the caller has another way. */
  static arm(native: Native, liveFile: string, limitMs: number): DeadMan | undefined {
    return native.armDeadMan(Buffer.from(`${liveFile}\0`), limitMs) < 0 ? undefined : new DeadMan(native);
  }

  beat(): void {
    this.#native.beat();
  }

  stop(): void {
    this.#native.disarmDeadMan();
  }
}
