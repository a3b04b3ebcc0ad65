import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Wanted } from '#eggcup/sticky/mode.js';
import { type Head, MAX_HEAD_BYTES, readHead } from '#eggcup/sticky/request-head.js';

const COOKIE: Wanted = { kind: 'cookie', name: 'sid' };
const HEADER: Wanted = { kind: 'header', name: 'x-user' };

function read(wanted: Wanted, ...lines: readonly string[]): Head {
  return readHead(Buffer.from(['GET / HTTP/1.1', ...lines, '', ''].join('\r\n'), 'latin1'), wanted);
}

const headers: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['in any case', ['X-USER: ann'], 'ann'],
  ['without a space', ['x-user:ann'], 'ann'],
  ['with spaces around', ['x-user: \t ann \t'], 'ann'],
  ['the first of two', ['x-user: ann', 'x-user: bob'], 'ann'],
  ['an empty one is none', ['x-user:', 'x-user: bob'], 'bob'],
  ['empty', ['x-user:   '], undefined],
  ['not one whose name it begins', ['x-user-id: 7', 'x-use: 8'], undefined],
  ['not one in whose name it stands', ['not-x-user: 7'], undefined],
  ['not the content of another', ['x-other: x-user: ann'], undefined],
  ['not a continued line', ['x-other: 1', ' x-user: ann'], undefined],
  ['with a colon inside', ['x-user: a:b'], 'a:b'],
  ['a name with a space is another', ['x-user : ann'], undefined],
  ['without a colon', ['x-user'], undefined],
  ['not what follows the head', ['a: 1', '', 'x-user: ann'], undefined],
];

for (const [name, lines, value] of headers) {
  test(`a header: ${name}`, () => {
    assert.deepEqual(read(HEADER, ...lines), value === undefined ? none() : { kind: 'read', value });
  });
}

const cookies: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['among others', ['Cookie: a=1; sid=abc; b=2'], 'abc'],
  ['case counts in its name', ['Cookie: SID=abc'], undefined],
  ['without spaces', ['cookie:a=1;sid=abc'], 'abc'],
  ['quoted', ['Cookie: sid="abc"'], 'abc'],
  ['percent signs stay', ['Cookie: sid=s%3Aabc'], 's%3Aabc'],
  ['an equals sign inside', ['Cookie: sid=a=b='], 'a=b='],
  ['empty', ['Cookie: sid='], undefined],
  ['an empty one is none', ['Cookie: sid=; sid=abc'], 'abc'],
  ['the first of two', ['Cookie: sid=abc; sid=def'], 'abc'],
  ['in the second header', ['Cookie: a=1', 'Cookie: sid=abc'], 'abc'],
  ['not one whose name it begins', ['Cookie: sid2=abc; xsid=1'], undefined],
  ['not in the value of another', ['Cookie: a="sid=abc"'], undefined],
  ['without a value', ['Cookie: sid'], undefined],
  ['not in another header', ['X-Cookie: sid=abc'], undefined],
];

for (const [name, lines, value] of cookies) {
  test(`a cookie: ${name}`, () => {
    assert.deepEqual(read(COOKIE, ...lines), value === undefined ? none() : { kind: 'read', value });
  });
}

test('without it the address that the first proxy tells', () => {
  const head = read(COOKIE, 'X-Forwarded-For: 1.2.3.4, 10.0.0.1', 'x-forwarded-for: 5.6.7.8');
  assert.deepEqual(head, { kind: 'read', forwardedFor: '1.2.3.4, 10.0.0.1' });
});

test('bare line feeds end lines too, and empty lines in front do no harm', () => {
  const head = readHead(Buffer.from('\r\n\nGET / HTTP/1.0\nX-User: ann\n\n'), HEADER);
  assert.deepEqual(head, { kind: 'read', value: 'ann' });
});

test('a head is partial until what is wanted, or its end, has arrived', () => {
  const whole = 'POST /a HTTP/1.1\r\nHost: h\r\nX-User: ann\r\nA: 1\r\n\r\nbody';
  const enough = whole.indexOf('A: 1');
  for (let length = 0; length < enough; length += 1)
    assert.deepEqual(readHead(Buffer.from(whole.slice(0, length)), HEADER), { kind: 'partial' }, `${length}`);
  assert.deepEqual(readHead(Buffer.from(whole.slice(0, enough)), HEADER), { kind: 'read', value: 'ann' });
  const end = whole.indexOf('body');
  const other: Wanted = { kind: 'header', name: 'x-other' };
  assert.deepEqual(readHead(Buffer.from(whole.slice(0, end - 1)), other), { kind: 'partial' });
  assert.deepEqual(readHead(Buffer.from(whole.slice(0, end)), other), none());
});

test('of a head that is too long what has been read counts', () => {
  const long = `GET / HTTP/1.1\r\nA: ${'a'.repeat(MAX_HEAD_BYTES)}`;
  assert.deepEqual(readHead(Buffer.from(long).subarray(0, MAX_HEAD_BYTES), HEADER), none());
  const target = Buffer.from(`GET /${'a'.repeat(MAX_HEAD_BYTES)}`).subarray(0, MAX_HEAD_BYTES);
  assert.deepEqual(readHead(target, HEADER), none());
});

test('what is no HTTP/1 is told at once', () => {
  const protocols = {
    TLS: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]),
    'HTTP/2': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    unknown: Buffer.from([0x00, 0x01]),
  };
  for (const [protocol, bytes] of Object.entries(protocols))
    assert.deepEqual(readHead(bytes, COOKIE), { kind: 'unreadable', protocol });
  assert.deepEqual(readHead(Buffer.from('HELO me\r\n'), COOKIE), { kind: 'unreadable', protocol: 'unknown' });
});

test('no bytes make it throw, and a value stands in them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const head = readHead(Buffer.from(bytes), COOKIE);
      if (head.kind === 'read' && head.value !== undefined)
        assert.ok(Buffer.from(bytes).includes(head.value, 0, 'latin1'));
    }),
  );
});

function none(): Head {
  return { kind: 'read', forwardedFor: undefined };
}
