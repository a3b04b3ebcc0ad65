import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardedAddress, normalAddress } from '#eggcup/sticky/address.js';
import { clientAt, clientOf } from '#eggcup/sticky/client.js';
import { cookieIn, homeOf, newCookieValue } from '#eggcup/sticky/cookie.js';
import { formatSticky, parseSticky } from '#eggcup/sticky/mode.js';

test('an address has one form', () => {
  const forms: Readonly<Record<string, string>> = {
    '10.0.0.7': '10.0.0.7',
    '::ffff:10.0.0.7': '10.0.0.7',
    '::FFFF:0a00:0007': '10.0.0.7',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    'fe80::1%eth0': 'fe80::1',
    '::1': '::1',
  };
  for (const [address, form] of Object.entries(forms)) assert.equal(normalAddress(address), form);
});

test("the client's address in X-Forwarded-For is the first, without its port", () => {
  const headers: Readonly<Record<string, string | undefined>> = {
    '1.2.3.4': '1.2.3.4',
    ' 1.2.3.4 , 10.0.0.1': '1.2.3.4',
    '1.2.3.4:5678, 10.0.0.1': '1.2.3.4',
    '2001:DB8::1': '2001:db8::1',
    '[2001:db8::1]:443': '2001:db8::1',
    '[2001:db8::1]': '2001:db8::1',
    unknown: undefined,
    '': undefined,
    ',1.2.3.4': undefined,
  };
  for (const [header, address] of Object.entries(headers)) assert.equal(forwardedAddress(header), address, header);
});

test('a cookie that eggcup has set names the slot; any other value is hashed', () => {
  const wanted = parseSticky('cookie:w');
  assert.ok(wanted.kind === 'cookie');
  for (let count = 0; count < 1000; count += 1) assert.equal(homeOf(newCookieValue('12')), 'app-12');
  for (const foreign of [
    '',
    '12',
    '12.',
    '.abc',
    '12345.abc',
    '-1.abc',
    '1.ABC',
    '1.abc.def',
    's%3A1.abc',
    '1.abcdefghijk',
  ])
    assert.equal(homeOf(foreign), undefined, foreign);
  const head = { kind: 'read', value: '3.abc', forwardedFor: undefined } as const;
  assert.deepEqual(clientOf(head, '10.0.0.1', wanted), { key: '3.abc', home: 'app-3' });
  const header = { kind: 'header', name: 'x' } as const;
  assert.deepEqual(clientOf(head, '10.0.0.1', header), { key: '3.abc', home: undefined });
});

test("without cookie or header a client goes by the address that a proxy tells, else by the connection's", () => {
  const wanted = { kind: 'header', name: 'x' } as const;
  assert.deepEqual(clientOf({ kind: 'read', forwardedFor: '1.2.3.4, 5.6.7.8' }, '10.0.0.1', wanted), {
    key: '1.2.3.4',
  });
  assert.deepEqual(clientOf({ kind: 'read', forwardedFor: 'unknown' }, '::ffff:10.0.0.1', wanted), { key: '10.0.0.1' });
  assert.deepEqual(clientOf({ kind: 'read' }, '10.0.0.1', wanted), { key: '10.0.0.1' });
  assert.notEqual(clientAt(undefined).key, clientAt(undefined).key);
});

test('a cookie is found wherever Node joins the headers', () => {
  assert.equal(cookieIn('a=1; w="3.abc"', 'w'), '3.abc');
  assert.equal(cookieIn('', 'w'), undefined);
});

test('what is written in the config is understood, and said again', () => {
  for (const text of ['none', 'address', 'cookie:Sid', 'header:x-user'])
    assert.equal(formatSticky(parseSticky(text)), text);
  assert.deepEqual(parseSticky('header:X-User'), { kind: 'header', name: 'x-user' });
});
