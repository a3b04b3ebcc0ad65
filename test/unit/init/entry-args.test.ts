import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EntryRequest, parseEntryArgs } from '#eggcup/master/entry-args.js';

test('without arguments the cluster of the config file that is found is run', () => {
  assert.deepEqual(parseEntryArgs([]), { kind: 'cluster', configFile: undefined });
  assert.deepEqual(parseEntryArgs(['--']), { kind: 'cluster', configFile: undefined });
});

test('--config names the file, in both ways of writing; the last one counts', () => {
  const file = { kind: 'cluster', configFile: 'a.yaml' };
  assert.deepEqual(parseEntryArgs(['--config', 'a.yaml']), file);
  assert.deepEqual(parseEntryArgs(['--config=a.yaml']), file);
  assert.deepEqual(parseEntryArgs(['--config=b.yaml', '--config', 'a.yaml']), file);
  assert.deepEqual(parseEntryArgs(['--config==x']), { kind: 'cluster', configFile: '=x' });
});

test('--config without a file is refused, with the remedy', () => {
  for (const args of [['--config'], ['--config='], ['--config', '']]) {
    assert.match(refusal(parseEntryArgs(args)), /--config needs a file: --config cluster\.yaml/);
  }
});

test('help and version end the reading of options', () => {
  assert.deepEqual(parseEntryArgs(['--help', '--nonsense']), { kind: 'help' });
  assert.deepEqual(parseEntryArgs(['-h']), { kind: 'help' });
  assert.deepEqual(parseEntryArgs(['--config', 'a.yaml', '--version']), { kind: 'version' });
});

test('an unknown option is refused by its name', () => {
  for (const option of ['--confg', '-x', '-', '--help=1']) {
    assert.ok(refusal(parseEntryArgs([option])).includes(`"${option}"`), option);
  }
});

test('options stand before the command: what follows the first word, or --, is the command as it is', () => {
  for (const args of [
    ['npm', 'run', '--help'],
    ['--config', 'a.yaml', 'npm', 'run', '--help'],
    ['--', 'npm', 'run', '--help'],
  ]) {
    assert.ok(refusal(parseEntryArgs(args)).includes('"npm run --help"'), args.join(' '));
  }
  assert.ok(refusal(parseEntryArgs(['--', '--version'])).includes('"--version"'));
});

function refusal(request: EntryRequest): string {
  assert.equal(request.kind, 'refused');
  return request.kind === 'refused' ? request.why : '';
}
