/** A cache of `eggcup compile --app` that does not fit, or is none: the application starts all the same, and it is said. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { checksumOf, type Head } from '#eggcup/module-cache/format.js';
import { appWith } from '../helpers/module-cache.js';

test('other options of Node.js, and what is no cache, are as good as none, and said', async (t) => {
  const app = appWith(t);
  assert.equal(await app.doctor(), 'ok: none; `eggcup compile --app` in the image’s build makes one');
  assert.equal((await app.compile()).code, 0);
  const other = await app.answer({ env: { NODE_OPTIONS: '--stack-trace-limit=20' } });
  assert.equal(other.unused, 'it was made with other options of Node.js: none');
  // Of the processes that would be started, not of its own.
  assert.equal(await app.doctor(['--set', 'app.nodeOptions=[--no-warnings]']), `warning: app: ${other.unused}`);
  assert.match(await app.doctor(['--set', 'workers.heap=300Mi']), /^ok: there is one/);
  const file = app.cacheFile();
  const whole = readFileSync(file);
  const lies = (head: Head): Head => ({ ...head, header: { words: [1, 2, 3, 4], limited: null } });
  const foreign = (head: Head): Head => ({ ...head, baseDir: '/elsewhere' });
  for (const [put, why] of [
    [() => writeFileSync(file, ''), 'it is damaged: it ends too early'],
    [() => writeFileSync(file, whole.subarray(0, 100)), 'it is damaged: it ends too early'],
    [() => writeFileSync(file, Buffer.alloc(1000)), 'it is damaged: its checksum is wrong'],
    [() => writeFileSync(file, withHead('{"format":0}')), 'another version of eggcup has made it'],
    [() => app.rewrite(lies), 'V8 has other options'],
    [() => app.rewrite(foreign), 'it was made for /elsewhere'],
    [() => mkdirSync(file), 'it is no regular file'],
    [() => assert.equal(spawnSync('mkfifo', [file]).status, 0), 'it is no regular file'],
    [() => writeFileSync(file, whole.subarray(0, -8)), 'it is damaged: it ends too early'],
    [() => writeFileSync(file, flipped(whole, 100)), 'it is damaged: its checksum is wrong'],
    // Damaged code is compiled anew.
    [() => writeFileSync(file, flipped(whole, whole.length - 200)), undefined],
  ] as const) {
    rmSync(file, { recursive: true });
    writeFileSync(file, whole);
    if (!String(put).includes('rewrite')) rmSync(file);
    put();
    assert.deepEqual(await app.answer(), { answer: ['first', 'second'], unused: why });
  }
});

function flipped(bytes: Buffer, from: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = from; at < from + 40; at += 1) copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

function withHead(json: string): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt32LE(json.length);
  start.writeUInt32LE(checksumOf(json), 4);
  return Buffer.concat([start, Buffer.from(json)]);
}
