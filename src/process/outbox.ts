import { isChannelGone } from '../ipc/channel-handle.js';

/** One end of a channel: a child's, or this process' own to its parent. */
export interface Sending {
  readonly connected: boolean;
  send?(message: object, handle: undefined, options: undefined, sent: (error: Error | null) => void): boolean;
}

export interface OutboxEvents {
  /** What was full has gone out far enough to take more; so many were dropped meanwhile. */
  drained(dropped: number): void;
  /** From here on messages are dropped. */
  overflowed(): void;
}

/**
 * What a process that does not read may cost: so much waits for it, more is dropped. A process that reads slowly comes nowhere near,
 * because whoever writes to it is not read meanwhile (`BackPressure`).
 */
export const MAX_WAITING_BYTES = 32 * 2 ** 20;

/** What Node and libuv need for a message that waits, beside its text: measured with messages of 75 bytes, 1.2 KB. */
const COST_BYTES = 1280;

/** The messages on their way to one process. */
export class Outbox {
  readonly #to: Sending;
  readonly #events: OutboxEvents;
  #waiting = 0;
  /** Of the messages that were sent while it was full. */
  #waitingBytes = 0;
  /** It is full until no more than so many wait. */
  #fullAbove: number | undefined;
  #written = 0;
  /** Since it is full. */
  #dropped = 0;

  constructor(to: Sending, events: OutboxEvents) {
    this.#to = to;
    this.#events = events;
  }

  /** Node's threshold for its backlog (128 KiB) was passed: time to hold back whoever writes. */
  get isFull(): boolean {
    return this.#fullAbove !== undefined;
  }

  /** How many messages are on their way: lost, should the receiver end now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many messages have gone out: while it grows the other side reads. */
  get written(): number {
    return this.#written;
  }

  /** Returns whether the message is on its way: not to a closed channel, nor past the bound. */
  send(message: object): boolean {
    if (!this.#to.connected) return false;
    // Until it has caught up, lest there be gaps here and there.
    if (this.#dropped > 0) return this.#drop();
    return this.#send(message, MAX_WAITING_BYTES);
  }

  /** The master's own words are few, and must not be missed: who reads again has to know whose pids there are now. */
  sendUnbounded(message: object): boolean {
    return this.#to.connected && this.#send(message, Number.POSITIVE_INFINITY);
  }

  #send(message: object, limitBytes: number): boolean {
    // Asked only then: it costs as much as the sending itself.
    const bytes = this.isFull ? COST_BYTES + Buffer.byteLength(JSON.stringify(message)) : 0;
    if (this.#waitingBytes + bytes > limitBytes) return this.#drop();
    this.#waiting += 1;
    this.#waitingBytes += bytes;
    const sent = bytes === 0 ? this.#sentUncounted : (error: Error | null): void => this.#sent(bytes, error);
    const hasRoom = this.#to.send?.(message, undefined, undefined, sent);
    if (hasRoom === false) this.#fullAbove ??= this.#waiting / 2;
    return true;
  }

  /** One for all messages but those of a full outbox: tens of thousands of them may pass in a second. */
  readonly #sentUncounted = (error: Error | null): void => this.#sent(0, error);

  #drop(): false {
    this.#dropped += 1;
    if (this.#dropped === 1) this.#events.overflowed();
    return false;
  }

  #sent(bytes: number, error: Error | null): void {
    this.#waiting -= 1;
    this.#waitingBytes -= bytes;
    this.#written += 1;
    if (error !== null && !isChannelGone(error)) throw error;
    if (this.#fullAbove === undefined || this.#waiting > this.#fullAbove) return;
    const dropped = this.#dropped;
    this.#fullAbove = undefined;
    this.#dropped = 0;
    this.#events.drained(dropped);
  }
}
