import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signalName } from '#eggcup/init/signal-names.js';
import { endingOf, exitCodeOf } from '#eggcup/init/wait-status.js';

test('each exit code and each signal is read from its wait status, a core dump changes nothing (wait(2))', () => {
  for (let code = 0; code <= 255; code += 1) assert.equal(exitCodeOf(endingOf(code << 8)), code);
  for (let signal = 1; signal <= 64; signal += 1) {
    assert.deepEqual(endingOf(signal), { kind: 'killed', signal });
    assert.equal(exitCodeOf(endingOf(signal | 0x80)), 128 + signal);
  }
});

test('signals have the names that people know, not their second ones', () => {
  assert.deepEqual([6, 15, 29, 34].map(signalName), ['SIGABRT', 'SIGTERM', 'SIGIO', 'SIG34']);
});
