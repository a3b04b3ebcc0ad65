import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidatesFor } from '#eggcup/init/find-program.js';

test('a command is looked for along PATH, in its order; an empty part is the working directory', () => {
  assert.deepEqual(candidatesFor('ls', '/a:/b'), ['/a/ls', '/b/ls']);
  assert.deepEqual(candidatesFor('ls', '/a::'), ['/a/ls', './ls', './ls']);
  assert.deepEqual(candidatesFor('ls', undefined), ['/bin/ls', '/usr/bin/ls']);
});

test('a command with a slash is that file', () => {
  for (const command of ['/bin/ls', './ls', 'bin/ls']) assert.deepEqual(candidatesFor(command, '/a'), [command]);
  assert.deepEqual(candidatesFor('', '/a'), ['']);
});
