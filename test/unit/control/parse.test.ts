import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseRequest } from '#eggcup/control/parse.js';

const refused = (line: string): string => {
  const parsed = parseRequest(line);
  assert.ok('ok' in parsed, line);
  assert.equal(parsed.code, 'request');
  return parsed.message;
};

test('each request of the union is read', () => {
  assert.deepEqual(parseRequest('{"request":"status"}'), { request: 'status' });
  assert.deepEqual(parseRequest(' { "request" : "reload" } '), { request: 'reload', wait: false });
  assert.deepEqual(parseRequest('{"request":"reload","wait":true}'), { request: 'reload', wait: true });
  assert.deepEqual(parseRequest('{"workers":1024,"request":"scale"}'), { request: 'scale', workers: 1024 });
});

test('what is no request is refused with what it should be', () => {
  assert.match(refused(''), /^no JSON: /);
  assert.match(refused('{'), /^no JSON: /);
  for (const line of ['null', '[]', '1', '"status"', 'true']) assert.equal(refused(line), 'a request is a JSON object');
  for (const line of ['{}', '{"request":"stop"}', '{"request":["status"]}', '{"request":"toString"}'])
    assert.match(refused(line), /^"request" must be "status", "reload" or "scale", got /);
  assert.equal(refused('{"request":"status","wait":true}'), 'unknown key "wait"');
  assert.equal(refused('{"request":"status","__proto__":{}}'), 'unknown key "__proto__"');
  for (const wait of ['1', 'null', '"yes"'])
    assert.match(refused(`{"request":"reload","wait":${wait}}`), /^"wait" must be true or false, got /);
  for (const workers of ['0', '-1', '1.5', '1025', '1e99', '"2"', 'null', '[2]'])
    assert.match(
      refused(`{"request":"scale","workers":${workers}}`),
      /^"workers" must be a whole number from 1 to 1024, got /,
    );
  assert.match(refused('{"request":"scale"}'), /got nothing$/);
});

test('whatever the line is, it is one of the union or a short refusal', () => {
  const requests = fc.record(
    {
      request: fc.oneof(fc.constantFrom('status', 'reload', 'scale'), fc.anything()),
      wait: fc.anything(),
      workers: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const lines = fc.oneof(
    fc.string({ maxLength: 5000 }),
    fc.json(),
    requests.map((value) => JSON.stringify(value) ?? ''),
  );
  fc.assert(
    fc.property(lines, (line) => {
      const parsed = parseRequest(line);
      if ('ok' in parsed) assert.ok(JSON.stringify(parsed).length < 500);
      else assert.ok(['status', 'reload', 'scale'].includes(parsed.request));
    }),
  );
});
