/** Clients of connections that last: WebSocket, written by hand to see each frame, and event streams. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout } from 'node:timers/promises';
import type { Deed } from './load.js';

/** Between two messages: without it the clients would do nothing but keep the machine busy. */
const PAUSE_MS = 5;
const TEXT = 0x81;
const CLOSE = 0x88;
const MASKED = 0x80;
const HEAD_END = '\r\n\r\n';

export interface Frame {
  readonly first: number;
  readonly payload: Buffer;
}

interface Target {
  readonly port: number;
  readonly tls: boolean;
}

/** A WebSocket's client that reads frame by frame. */
export class WebSocketClient {
  readonly socket: Socket;
  #unread = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async connect({ port, tls }: Target): Promise<WebSocketClient> {
    const at = { port, host: '127.0.0.1' };
    const socket = tls ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
    const client = new WebSocketClient(socket);
    socket.write(
      ['GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
        .concat('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
        .join('\r\n') + HEAD_END,
    );
    while (!client.#unread.includes(HEAD_END)) await client.#read();
    assert.match(client.#unread.toString('latin1'), /^HTTP\/1\.1 101 /);
    client.#unread = client.#unread.subarray(client.#unread.indexOf(HEAD_END) + HEAD_END.length);
    return client;
  }

  sendText(text: string): void {
    this.#send(TEXT, Buffer.from(text));
  }

  /** The next frame that is whole; rejects when the connection ends before. */
  async frame(): Promise<Frame> {
    for (;;) {
      const length = (this.#unread[1] ?? 0) === 126 ? this.#unread.readUInt16BE(2) : (this.#unread[1] ?? 0);
      const start = length > 125 ? 4 : 2;
      if (this.#unread.length >= 2 && this.#unread.length >= start + length) {
        const frame = { first: this.#unread[0] ?? 0, payload: this.#unread.subarray(start, start + length) };
        this.#unread = this.#unread.subarray(start + length);
        return frame;
      }
      await this.#read();
    }
  }

  /** Answers a close frame, and waits for the end of the connection; nothing may come after a close frame. */
  async partWith(close: Frame): Promise<void> {
    const ended = once(this.socket, 'end');
    this.#send(CLOSE, close.payload);
    this.socket.on('data', (data: Buffer) => (this.#unread = Buffer.concat([this.#unread, data])));
    this.socket.resume();
    await ended;
    assert.equal(this.#unread.length, 0, 'there is something behind the close frame');
    this.socket.end();
  }

  #send(first: number, payload: Buffer): void {
    // With a mask of zeros the payload stays as it is.
    this.socket.write(Buffer.concat([Buffer.from([first, MASKED | payload.length, 0, 0, 0, 0]), payload]));
  }

  async #read(): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    const end = once(this.socket, 'end', { signal }).then(() => assert.fail('the connection has ended without a word'));
    end.catch(() => undefined);
    this.socket.resume();
    try {
      const [data] = (await Promise.race([once(this.socket, 'data', { signal }), end])) as [Buffer];
      this.#unread = Buffer.concat([this.#unread, data]);
    } finally {
      over.abort();
      this.socket.pause();
    }
  }
}

/** Sends messages, each when the last has its echo; connects anew after a close frame, whose code it keeps. */
export function echoClient(target: Target, codes: number[]): Deed & { close(): void } {
  let client: WebSocketClient | undefined;
  const deed = async (): Promise<void> => {
    try {
      await setTimeout(PAUSE_MS);
      client ??= await WebSocketClient.connect(target);
      client.sendText('echo this');
      const frame = await client.frame();
      if (frame.first !== CLOSE) return assert.deepEqual([frame.first, frame.payload.toString()], [TEXT, 'echo this']);
      codes.push(frame.payload.readUInt16BE(0));
      await client.partWith(frame);
      client = undefined;
    } catch (error) {
      client?.socket.destroy();
      client = undefined;
      throw error;
    }
  };
  return Object.assign(deed, { close: () => client?.socket.destroy() });
}

/** Reads an event stream to its end. */
export async function readEvents(port: number, method: 'GET' | 'POST'): Promise<string> {
  const headers = { accept: 'text/event-stream' };
  const outgoing = request({ host: '127.0.0.1', port, method, headers, agent: false });
  const [response] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(response, 'end');
  assert.ok(response.complete, 'an event stream that is cut');
  return text;
}

/** The same by HTTP/2, on a session of its own. */
export async function readEventsByHttp2(port: number, method: 'GET' | 'POST'): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  // The stream has its own error.
  session.on('error', () => undefined);
  const stream = session.request({ ':method': method, accept: 'text/event-stream' }, { endStream: true });
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(stream, 'end');
  assert.equal(stream.rstCode, 0, 'an event stream that is cut');
  session.close();
  return text;
}
