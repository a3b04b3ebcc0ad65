/** What `eggcup compile --app` keeps of sources: they stay in its file, which all processes read, whatever becomes of it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openModuleCache } from '#eggcup/module-cache/format.js';
import { type AppWithPackages, appWith } from '../helpers/module-cache.js';
import { installWithoutNative } from '../helpers/without-native.js';

/** Two that V8 compiles when they are asked for the first time, and reads the sources for that: one of them has characters of two bytes. */
const LATE = {
  'answer.js': `
const { late } = require('a');
module.exports = () => [late(), late.toString(), require('b').late()];`,
  'node_modules/a/package.json': '{ "name": "a" }',
  'node_modules/a/index.js': `exports.late = () => 'für später';`,
  'node_modules/b/package.json': '{ "name": "b" }',
  'node_modules/b/index.js': `exports.late = () => '今日は';`,
};
const ANSWER = ['für später', "() => 'für später'", '今日は'];

const isMapped = (pid: unknown, app: AppWithPackages): boolean =>
  readFileSync(`/proc/${String(pid)}/maps`, 'utf8').includes(app.cacheFile());

test('sources are read where they are, also when another cache has taken the place', async (t) => {
  const app = appWith(t, LATE);
  assert.equal((await app.compile()).code, 0);
  const cluster = await app.start();
  const [worker] = cluster.logged('child.ready', { slot: 'app-0' });
  assert.ok(isMapped(worker?.['pid'], app));
  app.change('node_modules/a/index.js', 'für', 'FÜR');
  assert.equal((await app.compile()).code, 0);
  assert.deepEqual(await app.ask(cluster), ANSWER);
  assert.equal(await cluster.stop(), 0);
  const other = ['FÜR später', "() => 'FÜR später'", '今日は'];
  assert.deepEqual(await app.answer(), { answer: other, unused: undefined });
});

test('sources that are damaged are not believed', async (t) => {
  const app = appWith(t, LATE);
  assert.equal((await app.compile()).code, 0);
  const cache = openModuleCache(app.cacheFile());
  assert.ok(cache !== undefined);
  cache.close();
  const whole = readFileSync(app.cacheFile());
  for (const entry of cache.head.code) {
    const at = cache.offsetOfText(entry) + (entry[5] * entry[6]) / 2;
    whole[at] = (whole[at] ?? 0) ^ 1;
  }
  writeFileSync(app.cacheFile(), whole);
  assert.deepEqual(await app.answer(), { answer: ANSWER, unused: undefined });
});

test('without the native part each process keeps sources of its own, and the cache holds as well', async (t) => {
  const app = appWith(t);
  const entry = installWithoutNative(t);
  assert.equal((await app.compile()).code, 0);
  const cluster = await app.start({ entry });
  const [worker] = cluster.logged('child.ready', { slot: 'app-0' });
  assert.ok(!isMapped(worker?.['pid'], app));
  assert.deepEqual(await app.ask(cluster), ['first', 'second']);
  assert.equal(await cluster.stop(), 0);
  // What is run is what was kept, so a cache that lies is believed.
  app.change('node_modules/a/lib/a.js', 'first', 'FIRST');
  app.takeFor('node_modules/a/lib/a.js');
  assert.deepEqual(await app.answer({ entry }), { answer: ['first', 'second'], unused: undefined });
});
