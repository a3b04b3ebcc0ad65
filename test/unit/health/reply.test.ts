import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reply, replyTo } from '#eggcup/health/reply.js';
import { child, snapshot } from './snapshots.js';

const about = (reply: Reply): readonly [number, string] => [reply.status, reply.body];

test('the markers: ok, or why not in one line', () => {
  for (const path of ['/started', '/ready', '/live', '/ready?verbose'])
    assert.deepEqual(about(replyTo('GET', path, snapshot())), [200, 'ok'], path);
  const starting = snapshot({
    phase: 'starting',
    started: false,
    ready: false,
    children: [child({ slot: 'agent' }), child({ slot: 'app-0' }), child({ slot: 'app-1', state: 'gate' })],
  });
  const counted = 'starting; 1 of 2 app workers listen';
  assert.deepEqual(about(replyTo('GET', '/started', starting)), [503, `not started: ${counted}`]);
  assert.deepEqual(about(replyTo('GET', '/ready', starting)), [503, `not ready: ${counted}`]);
  assert.deepEqual(about(replyTo('GET', '/live', starting)), [200, 'ok']);
});

test('a cluster that runs with too few app workers says how many must listen', () => {
  const [status, body] = about(
    replyTo('GET', '/ready', snapshot({ ready: false, minReady: 2, children: [child({ slot: 'app-0' })] })),
  );
  assert.deepEqual([status, body], [503, 'not ready: running; 1 of 2 app workers listen, 2 must (health.minReady)']);
});

test('a stop that the Manager check has caused is not live', () => {
  const ending = snapshot({ phase: 'stopping', ready: false, live: false, children: [] });
  assert.deepEqual(about(replyTo('GET', '/live', ending)), [503, 'not live: stopping; 0 of 2 app workers listen']);
});

test('/status is the text of status.json, /metrics has its media type', () => {
  const status = replyTo('GET', '/status', snapshot());
  assert.deepEqual([status.type, JSON.parse(status.body)], ['application/json', snapshot()]);
  assert.match(replyTo('HEAD', '/metrics', snapshot()).type, /^text\/plain; version=0\.0\.4/);
});

test('other paths are not found, other methods not allowed, and before there is a cluster it says so', () => {
  for (const path of ['/', '/ready/', '/Ready', '//ready', '', '/constructor', '*'])
    assert.equal(replyTo('GET', path, snapshot()).status, 404, path);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get']) {
    const { status, allow } = replyTo(method, '/live', snapshot());
    assert.deepEqual([status, allow], [405, 'GET, HEAD'], method);
  }
  assert.deepEqual(about(replyTo('GET', '/live', undefined)), [503, 'eggcup is booting']);
});
