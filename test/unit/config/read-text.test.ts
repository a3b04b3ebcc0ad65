import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readText } from '#eggcup/config/read-text.js';

test('a FIFO is read whole: its writer may come late and pause', async (t) => {
  const fifo = makeFifo(t);
  const writer = spawn('sh', [
    '-c',
    'sleep 0.2; exec > "$0"; sleep 0.2; printf "a: 1\\n"; sleep 0.2; printf "b: 2\\n"',
    fifo,
  ]);
  const ended = once(writer, 'exit');
  assert.equal(readText(fifo, false), 'a: 1\nb: 2\n');
  await ended;
});

test('nobody waits for ever: not for a writer, not for the end', async (t) => {
  const fifo = makeFifo(t);
  assert.throws(
    () => readText(fifo, false, { leftMs: 200 }),
    /no regular file, and nobody has written anything to it in time$/,
  );
  const writer = spawn('sh', ['-c', 'exec > "$0"; printf "a: 1\\n"; exec sleep 60', fifo]);
  const ended = once(writer, 'exit');
  const patience = { leftMs: 2000 };
  try {
    assert.throws(() => readText(fifo, false, patience), /nobody has written its end in time$/);
  } finally {
    writer.kill('SIGKILL');
    await ended;
  }
  // All files together: the next finds nothing left.
  assert.throws(() => readText(fifo, false, patience), /nobody has written anything to it in time$/);
  assert.throws(() => readText('/dev/zero', false), /gives more than 1 MiB$/);
  assert.equal(readText('/dev/null', false), '');
});

test('a pipe of a shell that was closed again is empty, and nobody is waited for', () => {
  const module = JSON.stringify(import.meta.resolve('#eggcup/config/read-text.js'));
  const code = `import(${module}).then(({ readText }) => console.log([readText(process.argv[1], false, { leftMs: 5000 })]))`;
  const read = (command: string): string =>
    execFileSync('bash', ['-c', `exec "$0" -e "$1" <(${command})`, process.execPath, code], { encoding: 'utf8' });
  const began = performance.now();
  assert.equal(read('true'), "[ '' ]\n");
  assert.ok(performance.now() - began < 5000, 'it was waited for');
  assert.equal(read('sleep 0.3; echo a'), "[ 'a\\n' ]\n");
});

test('while a cluster runs, only a regular file is read', (t) => {
  const fifo = makeFifo(t);
  for (const path of [fifo, '/dev/null']) assert.throws(() => readText(path, true), /a running master cannot wait/);
  const file = `${fifo}.yaml`;
  writeFileSync(file, 'a: 1\n');
  assert.equal(readText(file, true), 'a: 1\n');
  assert.throws(() => readText(join(file, '..'), true), { code: 'EISDIR' });
});

function makeFifo(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'eggcup-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  return fifo;
}
