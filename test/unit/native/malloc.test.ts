import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../helpers/cluster.js';

const { header } = process.report.getReport() as { readonly header: object };
const isGlibc = 'glibcVersionRuntime' in header;
const onGlibc = { skip: isGlibc ? false : 'this Node.js runs with another C library than glibc' };

const MODULE = pathToFileURL(join(projectRoot, 'lib/native/malloc.js')).href;

/** Prints how many arenas there are when libuv's threads have allocated: glibc reserves 64 MB for each, at a multiple of that. */
const ARENAS = `
  import { gzip } from 'node:zlib';
  import { readFileSync } from 'node:fs';
  import { promisify } from 'node:util';
  import { shareArenas } from '${MODULE}';

  if (process.argv.includes('share')) shareArenas();
  await Promise.all(Array.from({ length: 64 }, () => promisify(gzip)(Buffer.alloc(1e5))));
  const starts = readFileSync('/proc/self/maps', 'utf8').matchAll(/^([0-9a-f]+)-[0-9a-f]+ rw-p 00000000 00:00 0 *$/gm);
  console.log([...starts].filter(([, start]) => BigInt('0x' + start) % (64n << 20n) === 0n).length);
`;

/** Prints how many MB are resident after much was allocated and all but each hundredth freed, and when that was given back. */
const FREED = `
  import { giveBackFreedMemory } from '${MODULE}';

  // Too small for a mapping of its own, and what stays lies behind what goes.
  let all = Array.from({ length: 20_000 }, () => Buffer.allocUnsafeSlow(4096).fill(1));
  const kept = all.filter((_, index) => index % 100 === 99);
  all = undefined;
  // V8 frees them in a thread of its own.
  const deadline = Date.now() + 60_000;
  for (gc(); process.memoryUsage().arrayBuffers > 10 * 2 ** 20; await new Promise(setImmediate))
    if (Date.now() > deadline) throw new Error('the Buffers are not freed');
  const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
  const before = megabytes();
  giveBackFreedMemory();
  console.log(JSON.stringify([before, megabytes(), kept.length]));
`;

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): unknown {
  const options = ['--expose-gc', '--input-type=module', '-e', program, ...args];
  const text = execFileSync(process.execPath, options, { encoding: 'utf8', env: { ...process.env, ...env } });
  return JSON.parse(text);
}

test('threads beside the main one share their arena', onGlibc, () => {
  const [shared, own] = [run(ARENAS, ['share']), run(ARENAS, [])] as [number, number];
  assert.ok(shared < own && own >= 4, `${shared} arenas in the place of ${own}`);
});

test('who starts node with a number of arenas of their own keeps it', onGlibc, () => {
  const env = { GLIBC_TUNABLES: 'glibc.malloc.arena_max=100' };
  const [shared, chosen] = [run(ARENAS, ['share']), run(ARENAS, ['share'], env)] as [number, number];
  assert.ok(chosen > shared, `${chosen} arenas, and ${shared} where nobody asks for more`);
});

test('what was freed is given back', onGlibc, () => {
  const [before, after] = run(FREED, []) as [number, number];
  assert.ok(after < before - 20, `${before} MB, then ${after} MB`);
});
