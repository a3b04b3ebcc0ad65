/**
 * Tries the native part that belongs to the running node: loads native/prebuilt/PLATFORM-ARCH.node and lets it start and reap
 * a process, hear a real-time signal, remove a file when its dead man's timer is over, read strings from a file and give memory back. For a foreign processor
 * in emulation: `qemu-aarch64-static -L /usr/aarch64-linux-gnu /path/to/arm64/node scripts/try-native.mjs`.
 */
import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = `../native/prebuilt/${process.platform}-${process.arch}.node`;
const target = { exports: {} };
process.dlopen(target, fileURLToPath(new URL(file, import.meta.url)));
const native = target.exports;
const strings = (...texts) => Buffer.from(texts.map((text) => `${text}\0`).join(''));
const start = (...argv) =>
  native.spawn(strings('/does/not/exist', '/bin/sh'), strings(...argv), strings('A=b'), Int32Array.from([0, 1, 2]));

assert.equal(native.peek(0), 0, 'no zombie yet');
assert.deepEqual(native.ownChildren(), []);
// 0 is an answer too: a PID namespace that was entered without a session of its own cannot see the session's leader.
assert.ok(native.session(0) >= 0);
assert.equal(native.session(process.pid), native.session(0));

const pid = start('sh', '-c', 'test "$A" = b && exit 7');
assert.ok(pid > 0, `spawn gave ${pid}`);
await until('the child to end', () => native.peek(0) === pid);
assert.equal(native.reap(pid), 7 << 8);
assert.equal(native.reap(pid), -1);
assert.equal(native.spawn(strings('/does/not/exist'), strings('x'), strings('A=b'), Int32Array.from([])), -2);

const heard = [];
assert.equal(
  native.watchSignals([40], (signal) => heard.push(signal)),
  0,
);
process.kill(process.pid, 40);
await until('signal 40', () => heard.length > 0);
assert.deepEqual(heard, [40]);

const dir = mkdtempSync(join(tmpdir(), 'eggcup-native-'));
const live = join(dir, 'live');
writeFileSync(live, '');
assert.equal(native.armDeadMan(strings(live), 50), 0);
await until('live to be removed', () => !existsSync(live));
assert.equal(native.disarmDeadMan(), 0);

const text = join(dir, 'text');
const twoByte = Buffer.from('今日は', 'utf16le');
writeFileSync(text, Buffer.concat([twoByte, Buffer.from('für', 'latin1')]));
const descriptor = openSync(text, 'r');
const mapping = native.mapFile(descriptor, 9);
assert.equal(native.readText(descriptor, 6, 3), 'für');
assert.equal(native.readText(descriptor, 6, 4), null, 'it has no such part');
assert.equal(native.readText(descriptor, 9, 0), null);
closeSync(descriptor);
assert.equal(native.readText(descriptor, 0, 9), null, 'it is closed');
const buffer = new ArrayBuffer(100_000, { maxByteLength: 100_000 });
native.populate(buffer);
native.populate(new ArrayBuffer(3));
assert.ok(new Uint8Array(buffer).every((byte) => byte === 0));
assert.equal(native.textAt(mapping, 0, 3, true), '今日は');
assert.equal(native.textAt(mapping, 6, 3, false), 'für');
assert.equal(native.forgetPages(mapping, 9), 0);
assert.equal(native.textAt(mapping, 6, 3, false), 'für');
assert.equal(native.mapFile(descriptor, 9), null, 'it is closed');
const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
assert.equal(native.limitArenas(2), isGlibc);
assert.equal(typeof native.trimMemory(), 'boolean');
assert.equal(native.shrinkHeap(), true);
rmSync(dir, { recursive: true });
process.stdout.write(`the native part works on ${process.platform} ${process.arch} with Node ${process.version}\n`);
process.exit(0);

async function until(name, fact) {
  for (const deadline = Date.now() + 30_000; !fact();) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
