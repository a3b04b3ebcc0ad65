import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { meaningOf } from '#eggcup/init/exit-codes.js';
import { terminationText } from '#eggcup/init/termination-log.js';
import { projectRoot } from '../../helpers/cluster.js';

const at = new Date('2026-01-02T03:04:05.678Z');

test('what happened, when, what the code means, the last exits, the last error: in this order', () => {
  const text = terminationText(
    { code: 13, reason: 'crashed too often', exits: ['one', 'two'], lastError: 'Error: boom\n    at x' },
    at,
  );
  assert.equal(
    text,
    'eggcup exits with code 13: crashed too often\n' +
      'at 2026-01-02T03:04:05.678Z; code 13 means: restart.limit crashes within restart.duration\n' +
      'last exits:\none\ntwo\nlast error:\nError: boom\n    at x\n',
  );
});

test('what is not known is left out: the meaning of a signal, exits, an error', () => {
  const text = terminationText({ code: 142, reason: 'SIGALRM was sent to the master', exits: [] }, at);
  assert.equal(text, 'eggcup exits with code 142: SIGALRM was sent to the master\nat 2026-01-02T03:04:05.678Z\n');
});

test('the code of a command means what the command says, not what it would mean of a cluster', () => {
  const reason = 'the command "false" ended with status 1';
  const text = terminationText({ code: 1, reason, isCommands: true, exits: [] }, at);
  assert.equal(text, `eggcup exits with code 1: ${reason}\nat 2026-01-02T03:04:05.678Z\n`);
});

test('at most 4096 bytes, whole characters only', () => {
  for (const padding of ['', 'x', 'xx', 'xxx']) {
    const text = terminationText({ code: 70, reason: `${padding}${'€'.repeat(3000)}`, exits: [] }, at);
    assert.ok(Buffer.byteLength(text) <= 4096 && Buffer.byteLength(text) > 4090);
    assert.ok(!text.includes('\uFFFD'));
  }
});

test('a long reason and a long error leave room for the rest', () => {
  const text = terminationText({ code: 11, reason: 'r'.repeat(9000), exits: ['one'], lastError: 'e'.repeat(9000) }, at);
  assert.ok(Buffer.byteLength(text) <= 4096);
  assert.match(text, /: r{1024}\nat 2026.*\nlast exits:\none\nlast error:\ne{2048}\n$/);
});

test('control characters are written out, lines and tabs stay', () => {
  const text = terminationText({ code: 70, reason: 'a\u001b[31m\u0000\r\n\tb\u0085', exits: [] }, at);
  assert.ok(text.startsWith('eggcup exits with code 70: a\\x1b[31m\\x00\\x0d\n\tb\\x85\nat '), text);
});

test('the meanings are those of the README, code by code', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('## Exit codes'), readme.indexOf('## Signals'));
  const rows = [...table.matchAll(/^\| ([\d/ ]+) \| (.+?) \|$/gm)];
  assert.ok(rows.length > 8);
  for (const [, codes = '', meaning = ''] of rows) {
    const [first, second] = codes.split('/').map(Number);
    const plain = meaning.replaceAll('`', '');
    if (second === undefined) assert.equal(meaningOf(first ?? -1), plain);
    else assert.ok(plain.includes('agent') && meaningOf(first ?? -1) !== undefined && meaningOf(second) !== undefined);
  }
});
