import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import {
  array,
  assert as assertProperty,
  constantFrom,
  infiniteStream,
  integer,
  nat,
  oneof,
  property,
  uint8Array,
} from 'fast-check';
import { UpgradedConnection } from '#eggcup/worker/web-socket.js';
import { until } from '../../helpers/until.js';

const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

interface Sink {
  readonly stream: Writable;
  readonly written: () => Buffer;
}

function sink(): Sink {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, written) {
      chunks.push(chunk);
      written();
    },
  });
  return { stream, written: () => Buffer.concat(chunks) };
}

function frame(opcode: number, payload: Uint8Array): Buffer {
  const long = payload.length > 65_535;
  const head = Buffer.alloc(long ? 10 : payload.length > 125 ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = long ? 127 : payload.length > 125 ? 126 : payload.length;
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  else if (payload.length > 125) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

const payload = oneof(
  uint8Array({ maxLength: 130 }),
  constantFrom(0, 125, 126, 65_535, 65_536).map((length) => new Uint8Array(length).fill(0x88)),
);

test('a close frame comes at the first end of a frame, however the frames are cut, and nothing behind it', () => {
  assertProperty(
    property(
      array(payload, { minLength: 1, maxLength: 6 }),
      infiniteStream(integer({ min: 1, max: 70_000 })),
      nat(),
      (payloads, cuts, endAt) => {
        const { stream, written } = sink();
        const connection = new UpgradedConnection(stream, 'upgrade');
        stream.write(ANSWER);
        const frames = payloads.map((bytes) => frame(2, bytes));
        const all = Buffer.concat(frames);
        const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length);
        let at = 0;
        let asked: number | undefined;
        const isAskedAt = endAt % all.length;
        while (at < all.length) {
          if (at >= isAskedAt && asked === undefined) {
            asked = at;
            connection.end();
          }
          const [length = 1] = cuts.take(1);
          stream.write(all.subarray(at, at + length));
          at += length;
        }
        if (asked === undefined) connection.end();
        const got = written().subarray(ANSWER.length);
        assert.deepEqual(got.subarray(-4), GOING_AWAY);
        const before = got.length - 4;
        assert.ok(before === 0 || ends.includes(before), `within a frame, at ${before} of ${ends.join()}`);
        assert.ok(before >= (asked ?? all.length));
        assert.deepEqual(got.subarray(0, before), all.subarray(0, before));
      },
    ),
  );
});

test('what is written behind the close frame is reported as written', async () => {
  const { stream, written } = sink();
  const connection = new UpgradedConnection(stream, 'upgrade');
  stream.write(ANSWER);
  connection.end();
  await new Promise((resolve) => stream.write('late', resolve));
  assert.equal(written().toString('latin1').includes('late'), false);
});

test('an application that has said it by itself is left alone', () => {
  const { stream, written } = sink();
  const connection = new UpgradedConnection(stream, 'upgrade');
  stream.write(ANSWER);
  const own = frame(8, Buffer.from([0x03, 0xe8]));
  stream.write(own);
  connection.end();
  assert.deepEqual(written().subarray(ANSWER.length), own);
});

test('a connection that speaks something else gets an end', () => {
  const { stream } = sink();
  const connection = new UpgradedConnection(stream, 'upgrade');
  stream.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n');
  assert.equal(stream.writableEnded, false);
  connection.end();
  assert.equal(stream.writableEnded, true);
});

test('while the answer is being written the close frame waits', () => {
  const { stream, written } = sink();
  const connection = new UpgradedConnection(stream, 'upgrade');
  stream.write(ANSWER.slice(0, 30));
  connection.end();
  stream.write(ANSWER.slice(30));
  assert.deepEqual(written().subarray(ANSWER.length), GOING_AWAY);
});

test('an answer that refuses is written whole, and ends when the application ends it', () => {
  for (const isAsked of ['before', 'between']) {
    const { stream, written } = sink();
    const connection = new UpgradedConnection(stream, 'upgrade');
    if (isAsked === 'before') connection.end();
    const [head, body] = ['HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n', 'no'];
    stream.write(head);
    if (isAsked === 'between') connection.end();
    assert.equal(stream.writableEnded, false);
    stream.end(body);
    assert.equal(written().toString(), head + body);
  }
});

test('so is any other answer than 101 to a request to upgrade, and what comes before the answer is none', () => {
  for (const answer of ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', 'HTTP/1.0 404 Not Found\r\n\r\n']) {
    const { stream, written } = sink();
    const connection = new UpgradedConnection(stream, 'upgrade');
    connection.end();
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
    stream.write(early);
    stream.write(answer);
    assert.equal(stream.writableEnded, false);
    stream.end('ok');
    assert.equal(written().toString(), `${early}${answer}ok`);
  }
  const { stream, written } = sink();
  new UpgradedConnection(stream, 'upgrade').end();
  stream.write(`HTTP/1.1 100 Continue\r\n\r\n${ANSWER}`);
  assert.deepEqual(written().subarray(-4), GOING_AWAY);
});

test('a refusal that nobody ends is ended when it is quiet', async () => {
  const { stream } = sink();
  const connection = new UpgradedConnection(stream, 'upgrade');
  stream.write('HTTP/1.1 401 Unauthorized\r\n\r\n');
  connection.end();
  await until('its end', () => stream.writableEnded);
});

test('what is written to a tunnel that was ended goes nowhere, and harms nobody', async () => {
  const { stream, written } = sink();
  const connection = new UpgradedConnection(stream, 'connect');
  stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
  connection.end();
  await new Promise((resolve) => stream.write('late', resolve));
  assert.equal(written().toString().includes('late'), false);
});

test('a tunnel whose answer comes after the end began is ended too', () => {
  const { stream, written } = sink();
  const connection = new UpgradedConnection(stream, 'connect');
  connection.end();
  assert.equal(stream.writableEnded, false);
  stream.write('HTTP/1.1 200 Connection established\r\n');
  assert.equal(stream.writableEnded, false);
  stream.write('\r\n');
  assert.equal(stream.writableEnded, true);
  assert.match(written().toString(), /established\r\n\r\n$/);
});
