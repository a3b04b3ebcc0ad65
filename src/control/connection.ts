import type { Socket } from 'node:net';
import { messageOf } from '../errors.js';
import { parseRequest } from './parse.js';
import { type ControlAnswer, type ControlRequest, MAX_REQUEST_BYTES } from './protocol.js';

/** Answers a request, now or later. */
export type Answerer = (request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>;

/** For each thing that a client can be slow at: to say a whole request, and to read its answer. */
const CLIENT_MS = 5000;
const LINE_FEED = 10;

/**
 * One client: its requests in turn, each after the answer to the one before has left. So whoever does not read costs one answer,
 * whoever says too much costs one chunk, and both only for their time.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #answer: Answerer;
  readonly #onFault: (error: unknown) => void;
  #input: Buffer = Buffer.alloc(0);
  #step: 'reading' | 'waiting' | 'writing' | 'closing' = 'reading';
  #hasEnded = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, answer: Answerer, onFault: (error: unknown) => void) {
    this.#socket = socket;
    this.#answer = answer;
    this.#onFault = onFault;
    socket.on('error', () => undefined); // It has gone: `close` follows.
    socket.once('close', () => clearTimeout(this.#deadline));
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.once('end', () => {
      this.#hasEnded = true;
      if (this.#step === 'reading') this.#next();
    });
    this.#limit();
  }

  /** It has asked for something that takes its time. */
  get isWaiting(): boolean {
    return this.#step === 'waiting';
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(chunk: Buffer): void {
    if (this.#step === 'closing') return;
    this.#input = Buffer.concat([this.#input, chunk]);
    if (this.#step === 'reading') this.#next();
    else this.#socket.pause();
  }

  #next(): void {
    if (this.#socket.destroyed) return;
    const line = this.#takeLine();
    if (line === undefined) {
      this.#step = 'reading';
      if (this.#hasEnded) this.#socket.end();
      else this.#socket.resume();
    } else if (line.length >= MAX_REQUEST_BYTES) {
      const message = `a request has at most ${MAX_REQUEST_BYTES} bytes`;
      this.#write({ ok: false, code: 'too-long', message }, () => this.#hangUp());
    } else void this.#serve(line.toString());
  }

  /** The next line, or as much as there is of one that is too long; at the end also one that nothing ends. */
  #takeLine(): Buffer | undefined {
    const end = this.#input.indexOf(LINE_FEED);
    const isWhole = end !== -1 || (this.#hasEnded && this.#input.length > 0);
    if (!isWhole && this.#input.length < MAX_REQUEST_BYTES) return undefined;
    const line = end === -1 ? this.#input : this.#input.subarray(0, end);
    this.#input = this.#input.subarray(end === -1 ? line.length : end + 1);
    return line;
  }

  async #serve(line: string): Promise<void> {
    clearTimeout(this.#deadline);
    this.#step = 'waiting';
    const answer = await this.#answerTo(line);
    if (this.#socket.destroyed) return;
    // Of a thousand requests in one packet each has a turn of the event loop to itself.
    this.#write(answer, () => setImmediate(() => this.#begin()));
  }

  async #answerTo(line: string): Promise<ControlAnswer> {
    const request = parseRequest(line);
    if ('ok' in request) return request;
    try {
      return await this.#answer(request);
    } catch (error) {
      this.#onFault(error);
      return { ok: false, code: 'fault', message: messageOf(error) };
    }
  }

  #write(answer: ControlAnswer, then: () => void): void {
    this.#step = 'writing';
    this.#limit();
    this.#socket.write(`${JSON.stringify(answer)}\n`, then);
  }

  #begin(): void {
    this.#limit();
    this.#next();
  }

  /** What else it says is read, and forgotten: closed with unread words the kernel would tell it of a reset. */
  #hangUp(): void {
    this.#step = 'closing';
    this.#input = Buffer.alloc(0);
    this.#socket.end().resume();
  }

  #limit(): void {
    clearTimeout(this.#deadline);
    if (!this.#socket.destroyed) this.#deadline = setTimeout(() => this.#socket.destroy(), CLIENT_MS).unref();
  }
}
