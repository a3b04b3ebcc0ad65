/** `eggcup compile --app`: what an application loads until it is ready is kept, and holds only for what is still the same. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type AppWithPackages, appWith, TWO_PACKAGES } from '../helpers/module-cache.js';
import { run } from '../helpers/cli.js';
import { temporaryDirectory } from '../helpers/temporary.js';

test('code and places come from the cache', async (t) => {
  const app = appWith(t);
  const { code, stdout, stderr } = await app.compile();
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout, `wrote ${app.cacheFile()}: 4 modules, 1 requests\n`);
  assert.deepEqual(await app.answer(), { answer: ['first', 'second'], unused: undefined });
  // What is run is what was kept, so a cache that lies is believed.
  app.change('node_modules/a/lib/a.js', 'first', 'FIRST');
  app.takeFor('node_modules/a/lib/a.js');
  app.rewrite((head) => {
    const files = head.files.map((file) => (file.endsWith('/b/b.js') ? file.replace('b.js', 'other.js') : file));
    return { ...head, files };
  });
  assert.deepEqual(await app.answer(), { answer: ['first', 'third'], unused: undefined });
  // Another limit of the heap is no other cache, whatever Node says of its options.
  const workers = { count: 1, heap: '300Mi' };
  assert.deepEqual(await app.answer({ config: { workers } }), { answer: ['first', 'third'], unused: undefined });
});

test('a source that has changed is compiled anew, whatever its length', async (t) => {
  const app = appWith(t);
  assert.equal((await app.compile()).code, 0);
  app.change('node_modules/a/lib/a.js', 'first', 'FIRST');
  app.change('answer.js', 'a.word,', "'app', ");
  assert.deepEqual(await app.answer(), { answer: ['app', 'second'], unused: undefined });
});

for (const [what, change, where, expected] of [
  [
    'a package that is found earlier',
    (app: AppWithPackages) => app.write('node_modules/a/node_modules/b/index.js', `exports.word = 'nearer';`),
    'node_modules/a',
    'nearer',
  ],
  [
    'a folder of a package in the place of its file',
    (app: AppWithPackages) => {
      app.write('node_modules/b/package.json', '{ "name": "b", "main": "b" }');
      app.write('node_modules/b/b', `exports.word = 'exact';`);
    },
    'node_modules/b',
    'exact',
  ],
  [
    'another main file',
    (app: AppWithPackages) => app.write('node_modules/b/package.json', '{ "name": "b", "main": "other.js" }'),
    'node_modules/b/package.json',
    'third',
  ],
  [
    'another package in its place',
    (app: AppWithPackages) => {
      rmSync(join(app.folder, 'node_modules/b'), { recursive: true });
      app.write('elsewhere/index.js', `exports.word = 'linked';`);
      symlinkSync('../elsewhere', join(app.folder, 'node_modules/b'));
    },
    'node_modules',
    'linked',
  ],
] as const) {
  test(`${what} is found, though the cache knows another`, async (t) => {
    const app = appWith(t);
    assert.equal((await app.compile()).code, 0);
    change(app);
    const { answer, unused } = await app.answer();
    assert.deepEqual(answer, ['first', expected]);
    assert.equal(unused, `${join(app.folder, where)} has changed since`);
    assert.equal(await app.doctor(), `warning: app: ${unused}`);
    // The code is still of the same sources.
    app.change('node_modules/a/lib/a.js', 'first', 'FIRST');
    app.takeFor('node_modules/a/lib/a.js');
    assert.deepEqual((await app.answer()).answer, ['first', expected]);
    assert.equal((await app.compile()).code, 0);
    assert.deepEqual(await app.answer(), { answer: ['FIRST', expected], unused: undefined });
    assert.equal(await app.doctor(), 'ok: there is one for this Node.js (app)');
  });
}

test('the limit of the heap is what it was, in threads too', async (t) => {
  const answer = `
const { Worker } = require('node:worker_threads');
const limit = () => require('node:v8').getHeapStatistics().heap_size_limit;
const thread = new Worker('require("node:worker_threads").parentPort.postMessage((' + limit + ')())', { eval: true });
const inThread = new Promise((resolve) => thread.once('message', resolve));
module.exports = async () => [limit(), await inThread];`;
  const app = appWith(t, { 'answer.js': answer });
  const config = { workers: { count: 1, heap: '300Mi' } };
  const without = await app.answer({ config });
  assert.equal((await app.compile()).code, 0);
  assert.deepEqual(await app.answer({ config }), without);
});

/** Who may read what lies there, by the rights of the folders on the way to it. */
function readableThrough(folder: string): number {
  const here = ((statSync(folder).mode & 0o111) << 2) | 0o222;
  return dirname(folder) === folder ? here : here & readableThrough(dirname(folder));
}

test('an application that does not get ready: what it has loaded is kept, and why it failed is said', async (t) => {
  const app = appWith(t, { 'answer.js': `require('a'); throw new Error('no database');` });
  const { code, stdout, stderr } = await app.compile();
  assert.equal(code, 0);
  assert.match(stdout, /: 4 modules, 1 requests\n$/);
  assert.match(stderr, /^eggcup compile: only what was loaded until the application failed to get ready: eggcup exits/);
  assert.match(stderr, /no database/);
  app.write('answer.js', TWO_PACKAGES['answer.js']);
  assert.deepEqual(await app.answer(), { answer: ['first', 'second'], unused: undefined });
});

test('without a place for temporary files that is what is said', async (t) => {
  const app = appWith(t);
  const { code, stderr } = await app.compile([], { TMPDIR: '/nowhere' });
  assert.equal(code, 1);
  assert.match(stderr, /^eggcup compile: there is no place for temporary files \(ENOENT.*\); set TMPDIR to a folder/);
});

test('an application that never gets ready is waited for as long as its config says', async (t) => {
  const app = appWith(t, {
    'answer.js': `require('a'); setInterval(() => undefined, 1000); module.exports = () => 1;`,
    'main.js': `require('./answer.js');`,
  });
  const { code, stdout, stderr } = await app.compile(['--set', 'startup.timeout=1s']);
  assert.deepEqual([code, /: 4 modules/.test(stdout)], [0, true], stderr);
  assert.match(stderr, /startup.timeout/);
});

test('what cannot be done is said: no config, an option without --app, nothing that was loaded', async (t) => {
  const app = appWith(t, { 'empty.mjs': `throw new Error('no database');` });
  app.removeCacheFolder();
  const nothing = await app.compile(['--set', 'app.script=empty.mjs']);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /^eggcup compile: the application has loaded nothing that can be kept: /);
  assert.equal(existsSync(dirname(app.cacheFile())), false, 'a folder is left');
  const wrong = await app.compile(['--set', 'workers.count=none']);
  assert.deepEqual([wrong.code, /workers.count/.test(wrong.stderr)], [78, true]);
  const without = run('cli', ['compile', '--config', 'cluster.yaml'], app.folder);
  assert.deepEqual([without.code, without.stderr], [78, 'eggcup compile: --config and --set go with --app\n']);
});

test('who may read the application may read its cache, whatever the umask; nothing else is left', async (t) => {
  const app = appWith(t);
  app.removeCacheFolder();
  chmodSync(app.folder, 0o755);
  chmodSync(join(app.folder, 'answer.js'), 0o640);
  chmodSync(join(app.folder, 'node_modules'), 0o750);
  const temporary = temporaryDirectory(t);
  const umask = process.umask(0o077);
  try {
    assert.equal((await app.compile([], { TMPDIR: temporary })).code, 0);
  } finally {
    process.umask(umask);
  }
  // The folder for temporary files may be for its user alone.
  for (const file of [app.cacheFile(), app.textsFile()])
    assert.equal(statSync(file).mode & 0o777, 0o640 & readableThrough(dirname(app.folder)));
  assert.equal(statSync(dirname(app.cacheFile())).mode & 0o777, 0o750);
  assert.equal(readdirSync(dirname(app.cacheFile())).length, 2);
  chmodSync(join(app.folder, 'node_modules/b'), 0o700);
  assert.equal((await app.compile()).code, 0);
  assert.equal(statSync(app.cacheFile()).mode & 0o777, 0o600, 'what others cannot reach');
  assert.deepEqual(readdirSync(temporary), []);
});
