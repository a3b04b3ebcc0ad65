import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { prettyLine } from '#eggcup/log-pretty.js';

const FRAME = { level: 'warn', time: '2026-01-02T10:04:05.123Z', name: 'eggcup', event: 'child.exited', msg: 'Ended' };

test('a line for people has clock, level, event, message and fields', () => {
  const fields = { slot: 'app-0', code: null, pids: [1, 2], address: 'http://127.0.0.1:7001' };
  assert.equal(
    prettyLine(JSON.stringify({ ...FRAME, ...fields })),
    '10:04:05.123 WARN  child.exited: Ended slot=app-0 code=null pids=[1,2] address=http://127.0.0.1:7001\n',
  );
});

test('whatever a field holds, it stays one line and is told from its neighbours', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const line = prettyLine(JSON.stringify({ ...FRAME, text, last: 1 }));
      assert.equal(line.indexOf('\n'), line.length - 1);
      const shown = /^10:04:05\.123 WARN {2}child\.exited: Ended text=(.*) last=1\n$/s.exec(line)?.[1] ?? '';
      assert.equal(shown.startsWith('"') ? JSON.parse(shown) : shown, text);
    }),
  );
});
