import type { Child } from '../process/child.js';
import type { Outbox } from '../process/outbox.js';

/** A receiver that has taken nothing for so long stands still, and holds nobody up any more. */
const STALLED_MS = 2000;

interface Hold {
  readonly senders: Set<Child>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Holds back whoever writes to a process that can't keep up: the sender's channel is not read until the receiver has caught up, so what
 * waits stays with the sender, as on a pipe, and not in the master. A receiver that stands still (stopped, or in an endless loop)
 * holds up nobody: after `STALLED_MS` its senders are read again, and its outbox drops what is too much.
 */
export class BackPressure {
  readonly #holds = new Map<Outbox, Hold>();
  readonly #stalled = new Set<Outbox>();

  /** To be called when something of `sender` has been sent to `receiver`. */
  afterSend(sender: Child, receiver: Outbox): void {
    if (!receiver.isFull || this.#stalled.has(receiver)) return;
    const hold = this.#holds.get(receiver) ?? this.#begin(receiver);
    hold.senders.add(sender);
    sender.holdReading();
  }

  /** The receiver has caught up, or is gone. */
  release(receiver: Outbox): void {
    this.#stalled.delete(receiver);
    this.#end(receiver);
  }

  #begin(receiver: Outbox): Hold {
    let { written } = receiver;
    const timer = setInterval(() => {
      if (receiver.written === written) {
        this.#stalled.add(receiver);
        this.#end(receiver);
      } else ({ written } = receiver);
    }, STALLED_MS);
    const hold = { senders: new Set<Child>(), timer: timer.unref() };
    this.#holds.set(receiver, hold);
    return hold;
  }

  #end(receiver: Outbox): void {
    const hold = this.#holds.get(receiver);
    if (hold === undefined) return;
    clearInterval(hold.timer);
    this.#holds.delete(receiver);
    for (const sender of hold.senders) if (!this.#isHeld(sender)) sender.resumeReading();
  }

  #isHeld(sender: Child): boolean {
    return [...this.#holds.values()].some(({ senders }) => senders.has(sender));
  }
}
