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
  assert.equal(readText(fifo, { leftMs: 60_000 }), 'a: 1\nb: 2\n');
  await ended;
});

test('nobody waits for ever: not for a writer, not for the end', async (t) => {
  const fifo = makeFifo(t);
  assert.throws(
    () => readText(fifo, { leftMs: 200 }),
    /no regular file, and nobody has written anything to it in time; name a file, or write it sooner$/,
  );
  const writer = spawn('sh', ['-c', 'exec > "$0"; printf "a: 1\\n"; exec sleep 60', fifo]);
  const ended = once(writer, 'exit');
  const patience = { leftMs: 2000 };
  try {
    assert.throws(
      () => readText(fifo, patience),
      /nobody has written its end in time; name a file, or write it sooner$/,
    );
  } finally {
    writer.kill('SIGKILL');
    await ended;
  }
  // All files together: the next finds nothing left.
  assert.throws(
    () => readText(fifo, patience),
    /nobody has written anything to it in time; name a file, or write it sooner$/,
  );
  assert.throws(() => readText('/dev/zero', { leftMs: 1000 }), /gives more than 1 MiB; name a file$/);
  assert.equal(readText('/dev/null', { leftMs: 1000 }), '');
});

test('a pipe of a shell that was closed again is empty, and nobody is waited for', () => {
  const module = JSON.stringify(import.meta.resolve('#eggcup/config/read-text.js'));
  const code = `import(${module}).then(({ readText }) => {
    const patience = { leftMs: 60000 };
    console.log(JSON.stringify([readText(process.argv[1], patience), patience.leftMs > 0]));
  })`;
  const read = (command: string): string =>
    execFileSync('bash', ['-c', `exec "$0" -e "$1" <(${command})`, process.execPath, code], { encoding: 'utf8' });
  // Time is left: it was not waited for to the end.
  assert.equal(read('true'), '["",true]\n');
  assert.equal(read('sleep 0.3; echo a'), '["a\\n",true]\n');
});

test('while a cluster runs, only a regular file is read', (t) => {
  const fifo = makeFifo(t);
  for (const path of [fifo, '/dev/null'])
    assert.throws(() => readText(path, undefined), /a running master cannot wait/);
  const file = `${fifo}.yaml`;
  writeFileSync(file, 'a: 1\n');
  assert.equal(readText(file, undefined), 'a: 1\n');
  assert.throws(() => readText(join(file, '..'), undefined), { code: 'EISDIR' });
});

test('what is not UTF-8 is refused with its line, and not shown', (t) => {
  const fifo = makeFifo(t);
  const file = `${fifo}.yaml`;
  const refused = { message: 'line 2 is not UTF-8 text; save it as UTF-8' };
  writeFileSync(file, Buffer.from('a: 1\nb: caf\xe9 \xff\n', 'latin1'));
  assert.throws(() => readText(file, undefined), refused);
  writeFileSync(file, 'a: 1\nb: caf\u00e9 \ufffd\n');
  assert.equal(readText(file, undefined), 'a: 1\nb: caf\u00e9 \ufffd\n');
  // As Windows may save it.
  writeFileSync(file, Buffer.from('\ufeffa: 1\n', 'utf16le'));
  assert.throws(() => readText(file, undefined), { message: 'line 1 is not UTF-8 text; save it as UTF-8' });
});

function makeFifo(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'eggcup-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  return fifo;
}
