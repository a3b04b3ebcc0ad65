import type { Writable } from 'node:stream';

/** FIN and the opcode 8, two bytes, 1001 "going away"; a server's frames have no mask (RFC 6455, 5.5.1, 7.4.1). */
const CLOSE_FRAME = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
const OPCODE_CLOSE = 8;
const MASK_BYTES = 4;
const HEAD_END = '\r\n\r\n';
/** A refusal that nobody goes on writing is over. */
const QUIET_MS = 1000;
/** What is longer is no answer in HTTP. */
const MAX_HEAD_BYTES = 16_384;

/**
 * `head`: the answer to the request to upgrade is being written. `raw`: it leads to something else than a WebSocket. `refusal`: it is an
 * answer as any other, which ends by itself.
 */
type Speaks = 'head' | 'frames' | 'raw' | 'refusal';

/**
 * Follows what an application writes to an upgraded connection, so that a close frame can be put between two of its frames,
 * never into one. What the application writes behind it goes nowhere: no frame may follow a close frame.
 */
export class UpgradedConnection {
  readonly #stream: Writable;
  readonly #write: Writable['write'];
  readonly #asked: 'upgrade' | 'connect';
  /** Of the end of a refusal that goes on after a stop was asked for. */
  #timer: NodeJS.Timeout | undefined;
  #speaks: Speaks = 'head';
  /** Of the HTTP answer, or of a frame's head, what is there of it. */
  #head: Buffer = Buffer.alloc(0);
  #payloadLeft = 0;
  #end: 'open' | 'wanted' | 'said' = 'open';

  /** `asked`: for another protocol, or for a tunnel. */
  constructor(stream: Writable, asked: 'upgrade' | 'connect') {
    this.#stream = stream;
    this.#asked = asked;
    this.#write = stream.write.bind(stream);
    stream.write = (chunk: unknown, ...others: readonly unknown[]) => this.#pass(chunk, others);
  }

  /** Says good-bye as soon as may be. */
  end(): void {
    if (this.#end !== 'open') return;
    this.#end = 'wanted';
    this.#sayGoodBye();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #pass(chunk: unknown, others: readonly unknown[]): boolean {
    if (this.#end === 'said') {
      const written = others.find((argument) => typeof argument === 'function');
      if (written !== undefined) process.nextTick(written);
      return true;
    }
    const isAnswer = this.#speaks === 'head';
    if (isAnswer || this.#speaks === 'frames') this.#read(bytesOf(chunk, others[0]));
    const hasRoom = Reflect.apply(this.#write, this.#stream, [chunk, ...others]) as boolean;
    // Behind a close frame of its own the application ends by itself.
    if (isAnswer || this.#speaks === 'frames') this.#sayGoodBye();
    this.#timer?.refresh();
    return hasRoom;
  }

  /** A close frame, or the end of something else than a WebSocket, as soon as may be. */
  #sayGoodBye(): void {
    if (this.#end !== 'wanted') return;
    if (this.#speaks === 'refusal') this.#timer ??= setTimeout(() => this.#endStream(), QUIET_MS).unref();
    const isBetween = this.#speaks === 'frames' && this.#payloadLeft === 0 && this.#head.length === 0;
    if (!isBetween && this.#speaks !== 'raw') return;
    this.#end = 'said';
    if (isBetween) this.#write(CLOSE_FRAME);
    else this.#stream.end();
  }

  #endStream(): void {
    this.#end = 'said';
    this.#stream.end();
  }

  #read(bytes: Buffer): void {
    let rest = this.#speaks === 'head' ? this.#readAnswer(bytes) : bytes;
    while (this.#speaks === 'frames' && rest.length > 0) rest = this.#readFrame(rest);
  }

  /** Returns what comes behind the answer's head. */
  #readAnswer(bytes: Buffer): Buffer {
    const all = Buffer.concat([this.#head, bytes]);
    const end = all.indexOf(HEAD_END);
    this.#head = end === -1 ? all : Buffer.alloc(0);
    if (all.length > MAX_HEAD_BYTES) this.#speaks = 'raw';
    if (end === -1) return all.subarray(all.length);
    this.#speaks = meaningOf(all.toString('latin1', 0, end), this.#asked);
    const rest = all.subarray(end + HEAD_END.length);
    // 100 Continue, 103 Early Hints: the answer is still to come.
    return this.#speaks === 'head' && rest.length > 0 ? this.#readAnswer(rest) : rest;
  }

  /** Reads what belongs to the frame that has begun, or begins one; returns the rest. */
  #readFrame(bytes: Buffer): Buffer {
    if (this.#payloadLeft > 0) {
      const length = Math.min(this.#payloadLeft, bytes.length);
      this.#payloadLeft -= length;
      return bytes.subarray(length);
    }
    const begun = this.#head.length;
    const all = begun === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const frame = frameHeadOf(all);
    this.#head = frame === undefined ? Buffer.from(all) : Buffer.alloc(0);
    if (frame === undefined) return bytes.subarray(bytes.length);
    this.#payloadLeft = frame.payloadBytes;
    // The application has said it by itself.
    if (frame.opcode === OPCODE_CLOSE) this.#speaks = 'raw';
    return all.subarray(frame.headBytes);
  }
}

/** 101 is the word for another protocol, 2xx for a tunnel (RFC 9110, 15.2.2, 9.3.6). */
function meaningOf(head: string, asked: 'upgrade' | 'connect'): Speaks {
  const [, status = ''] = /^HTTP\/1\.\d (\d{3})/.exec(head) ?? [];
  if (status === '101') return /^upgrade: *websocket *$/im.test(head) ? 'frames' : 'raw';
  if (status.startsWith('1')) return 'head';
  const isTunnel = asked === 'connect' && status.startsWith('2');
  return status === '' || isTunnel ? 'raw' : 'refusal';
}

interface FrameHead {
  readonly opcode: number;
  readonly headBytes: number;
  readonly payloadBytes: number;
}

/** Of the frame that these bytes begin with; `undefined` when its head is not whole yet. */
function frameHeadOf(bytes: Buffer): FrameHead | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headBytes = 2 + lengthBytes + ((second & 0x80) === 0 ? 0 : MASK_BYTES);
  if (bytes.length < headBytes) return undefined;
  const long = lengthBytes === 2 ? bytes.readUInt16BE(2) : lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
  return { opcode: first & 0x0f, headBytes, payloadBytes: long };
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk === 'string')
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.alloc(0);
}
