/** Each form of `server.listen(…)`, as it is passed on with `reusePort`. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { besideSiblings } from '#eggcup/worker/listen-arguments.js';

const done = (): void => undefined;

test('a numbered port is listened on beside the others, with all that was asked for', () => {
  const cases: readonly (readonly [readonly unknown[], readonly unknown[]])[] = [
    [[7001], [{ port: 7001, reusePort: true }]],
    [['7001'], [{ port: '7001', reusePort: true }]],
    [
      [7001, done],
      [{ port: 7001, reusePort: true }, done],
    ],
    [[7001, '::1'], [{ port: 7001, host: '::1', reusePort: true }]],
    [
      [7001, 64, done],
      [{ port: 7001, backlog: 64, reusePort: true }, done],
    ],
    [
      [7001, '::1', 64, done],
      [{ port: 7001, host: '::1', backlog: 64, reusePort: true }, done],
    ],
    [
      [7001, undefined, undefined, done],
      [{ port: 7001, reusePort: true }, done],
    ],
    [
      [{ port: 7001, ipv6Only: true }, done],
      [{ port: 7001, ipv6Only: true, reusePort: true }, done],
    ],
  ];
  for (const [given, passed] of cases) assert.deepEqual(besideSiblings(given), passed);
});

test('all else stays as it is', () => {
  const server = createServer();
  for (const given of [
    [],
    [done],
    [0],
    [0, done],
    [{ port: 0 }],
    [{ port: 7001, exclusive: true }],
    [{ path: '/run/x.sock' }],
    [{ path: '/run/x.sock', port: 7001 }],
    [{ fd: 3 }],
    ['/run/x.sock', done],
    [''],
    [server],
    [{ _handle: {} }],
    [null],
    [undefined, done],
  ])
    assert.equal(besideSiblings(given), given);
});
