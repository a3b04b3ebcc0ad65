import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

/** As much as an answer of the inspector may hold: who sends more is cut off. */
const MAX_BYTES = 16 * 2 ** 20;
const TEXT = 0x81;
/** Masked, with an empty payload. */
const CLOSE_FRAME = Buffer.of(0x88, 0x80, 0, 0, 0, 0);

/**
 * A WebSocket to this machine's inspector (RFC 6455), as much of it as that speaks: text messages of one frame. Node 20 brings no
 * client of its own.
 */
export class WebSocketClient {
  readonly #socket: Socket;
  readonly #onText: (text: string) => void;
  #received: Buffer;

  static open(port: number, path: string, onText: (text: string) => void, timeoutMs: number): Promise<WebSocketClient> {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    };
    return new Promise((resolve, reject) => {
      const upgrade = request({ host: '127.0.0.1', port, path, headers, timeout: timeoutMs });
      upgrade.once('upgrade', (_response, socket, head) => resolve(new WebSocketClient(socket, head, onText)));
      upgrade.once('response', ({ statusCode }) => reject(new Error(`the inspector answers with ${statusCode}`)));
      upgrade.once('timeout', () => upgrade.destroy(new Error('the inspector does not answer')));
      upgrade.once('error', reject);
      upgrade.end();
    });
  }

  private constructor(socket: Socket, head: Buffer, onText: (text: string) => void) {
    this.#socket = socket;
    this.#onText = onText;
    this.#received = head;
    socket.unref();
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // The process is killed sooner or later; who waits for an answer has a time limit.
    socket.on('error', () => undefined);
    this.#receive(Buffer.alloc(0));
  }

  /** At most 64 KiB. */
  send(text: string): void {
    const payload = Buffer.from(text);
    const mask = randomBytes(4); // A client's frames are masked.
    const length = Buffer.alloc(payload.length < 126 ? 1 : 3);
    if (payload.length < 126) length[0] = 0x80 | payload.length;
    else {
      length[0] = 0x80 | 126;
      length.writeUInt16BE(payload.length, 1);
    }
    const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    this.#socket.write(Buffer.concat([Buffer.of(TEXT), length, mask, masked]));
  }

  /** Says good-bye, and resolves when the other side has gone, or after so many ms. */
  close(timeoutMs: number): Promise<void> {
    this.#socket.write(CLOSE_FRAME);
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      setTimeout(() => this.#socket.destroy(), timeoutMs).unref();
    });
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#received.length > MAX_BYTES) {
      this.#socket.destroy();
      return;
    }
    for (let frame = takeFrame(this.#received); frame !== undefined; frame = takeFrame(this.#received)) {
      this.#received = this.#received.subarray(frame.end);
      if (frame.kind === TEXT) this.#onText(frame.payload.toString());
    }
  }
}

interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/** The first frame, once it is whole. A server's frames are not masked. */
function takeFrame(received: Buffer): Frame | undefined {
  if (received.length < 2) return undefined;
  const [kind = 0, short = 0] = received;
  const begin = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (received.length < begin) return undefined;
  const length = short < 126 ? short : short === 126 ? received.readUInt16BE(2) : Number(received.readBigUInt64BE(2));
  const end = begin + length;
  return received.length < end ? undefined : { kind, payload: received.subarray(begin, end), end };
}
