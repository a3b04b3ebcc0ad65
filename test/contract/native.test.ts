import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../helpers/cluster.js';

const folder = join(projectRoot, 'native');

test('what is prebuilt was built from the sources that are there, for both processors', () => {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name))
    .toSorted()) {
    hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  }
  const sources = hash.digest('hex');
  for (const arch of ['x64', 'arm64']) {
    const binary = readFileSync(join(folder, `prebuilt/linux-${arch}.node`));
    assert.ok(binary.includes(sources), `run: npm run build:native -- x64 arm64 (linux-${arch}.node is stale)`);
  }
});

test('every function that C exports is declared in addon.ts, and the other way round', () => {
  const exported = [...read('native/functions.h').matchAll(/each\("(\w+)"/g)].map(([, name]) => name ?? '');
  const declared = [...read('src/native/addon.ts').matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name ?? '');
  assert.deepEqual(exported.toSorted(), declared.toSorted());
});

test('the signal of the dead man is the same in C and TypeScript', () => {
  const inC = /DEAD_MAN = (\d+)/.exec(read('native/deadline.c'))?.[1];
  const inTypeScript = /DEAD_MAN_SIGNAL = (\d+)/.exec(read('src/init/signal-names.ts'))?.[1];
  assert.ok(inC !== undefined && inC === inTypeScript);
});

function read(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}
