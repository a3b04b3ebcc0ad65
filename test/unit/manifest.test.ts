import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readManifest } from '#eggcup/manifest.js';
import { temporaryDirectory } from '../helpers/temporary.js';

test('a package.json is read as Node reads it; one that is none is named with the reason', (t) => {
  const folder = temporaryDirectory(t);
  assert.deepEqual(readManifest(folder), {});
  const file = join(folder, 'package.json');
  writeFileSync(file, '\uFEFF{ "type": "module" }');
  assert.deepEqual(readManifest(folder), { type: 'module' });
  for (const text of ['{ "type": "module", }', '', 'null']) {
    writeFileSync(file, text);
    assert.throws(() => readManifest(folder), { code: 'ERR_MANIFEST', message: new RegExp(`^${file} `) });
  }
});
