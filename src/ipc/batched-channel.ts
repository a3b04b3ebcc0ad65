import { type ChannelHandle, isChannelGone } from './channel-handle.js';

type Sent = (error: Error | null) => void;

/** One end of a channel: a child's, or this process' own to its parent. As Node's `send`, without its overloads. */
export interface ChannelEnd {
  readonly connected: boolean;
  send(message: unknown, passed?: unknown, options?: unknown, sent?: Sent): boolean;
}

/** Written as a message of its own by Node, and exchanged for the batch on its way to the kernel. */
const STAND_IN = 'eggcup:batch';
const STAND_IN_LINE = `${JSON.stringify(STAND_IN)}\n`;

/** A batch is not kept for more than this. */
const FULL_LENGTH = 64 * 1024;

/** From here on `send` returns false: Node's own mark. */
const FULL_QUEUE_BYTES = 128 * 1024;

/**
 * Several messages in one `write(2)`, which costs more than everything else about a message: Node writes each by itself. What
 * travels is what Node would write, a line of JSON for each, in the order of sending; the other end need not know. A batch
 * takes in what is sent in one turn, that is in one callback of the event loop with the ticks and promises that it leaves, and goes
 * out at its end. Where Node does not write as expected, each message goes its own way.
 */
export class BatchedChannel {
  readonly #end: ChannelEnd;
  readonly #handle: ChannelHandle | undefined;
  readonly #directPerTurn: number;
  #directLeft: number;
  #text = '';
  #sent: Sent[] = [];
  /** Those that Node has not written yet: while a socket is on its way it holds back what comes after. */
  readonly #batches: string[] = [];
  /** In UTF-16 units, how long they are together: nothing that the kernel's end of the channel knows of. */
  #unwritten = 0;
  #isTurnOver = true;
  #isWrittenAsExpected = false;

  /** The first `directPerTurn` messages of a turn go out at once: not to wait for whatever the application does after sending. */
  constructor(end: ChannelEnd, handle: ChannelHandle | undefined, directPerTurn: number) {
    this.#end = end;
    this.#handle = handle;
    this.#directPerTurn = directPerTurn;
    this.#directLeft = directPerTurn;
    if (handle !== undefined) this.#exchangeStandIns(handle);
  }

  get connected(): boolean {
    return this.#end.connected;
  }

  /** As Node's: returns whether there is room for more. */
  send(message: unknown, passed?: unknown, options?: unknown, sent?: Sent): boolean {
    const isPlain = passed === undefined && options === undefined && isObject(message);
    if (!isPlain || !this.#isWrittenAsExpected || !this.connected || this.#directLeft > 0) {
      this.#startTurn();
      this.#directLeft -= 1;
      this.flush();
      return this.#end.send(message, passed, options, sent ?? (this.connected ? forgive : undefined));
    }
    this.#startTurn();
    this.#text += `${JSON.stringify(message)}\n`;
    if (sent !== undefined) this.#sent.push(sent);
    if (this.#text.length >= FULL_LENGTH) this.flush();
    return (this.#handle?.writeQueueSize ?? 0) + this.#unwritten < FULL_QUEUE_BYTES;
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#text === '') return;
    const sent = this.#sent;
    this.#batches.push(this.#text);
    this.#unwritten += this.#text.length;
    this.#text = '';
    this.#sent = [];
    const tellAll = (error: Error | null): void => {
      for (const tell of sent) tell(error);
      if (sent.length === 0) forgive(error);
    };
    this.#end.send(STAND_IN, undefined, undefined, tellAll);
  }

  /** From now on nothing waits. */
  stopBatching(): void {
    this.flush();
    this.#directLeft = Number.POSITIVE_INFINITY;
  }

  #startTurn(): void {
    if (!this.#isTurnOver) return;
    this.#isTurnOver = false;
    // All messages of one read are ticks already. A turn by setImmediate costs each that comes alone 5 µs.
    process.nextTick(() => {
      this.#isTurnOver = true;
      this.#directLeft = Math.max(this.#directLeft, this.#directPerTurn);
      this.flush();
    });
  }

  #exchangeStandIns(handle: ChannelHandle): void {
    const write = handle.writeUtf8String;
    const exchange = (line: string): string => {
      this.#isWrittenAsExpected = true;
      if (line !== STAND_IN_LINE) return line;
      const batch = this.#batches.shift();
      this.#unwritten -= batch?.length ?? 0;
      return batch ?? line;
    };
    handle.writeUtf8String = function writeOrExchange(request, line, passed) {
      return Reflect.apply(write, this, [request, exchange(line), passed]);
    };
  }
}

/** When it was sent the channel was still there: nobody who has not asked is to fail because it has gone since. */
function forgive(error: Error | null): void {
  if (error !== null && !isChannelGone(error)) throw error;
}

function isObject(message: unknown): boolean {
  return typeof message === 'object' && message !== null;
}
