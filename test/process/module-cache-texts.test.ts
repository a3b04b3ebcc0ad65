/** What `eggcup compile --app` keeps of sources: they stay in a file, which all processes read, whatever becomes of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Cluster } from '../helpers/cluster.js';
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
const OTHER = ['FÜR später', "() => 'FÜR später'", '今日は'];

const isMapped = (pid: unknown, file: string): boolean =>
  readFileSync(`/proc/${String(pid)}/maps`, 'utf8').includes(file);

const workerOf = (cluster: Cluster): unknown => cluster.logged('child.ready', { slot: 'app-0' })[0]?.['pid'];

/** All that is kept, by its name. */
function kept(app: AppWithPackages): ReadonlyMap<string, Buffer> {
  const folder = dirname(app.cacheFile());
  return new Map(readdirSync(folder).map((name) => [join(folder, name), readFileSync(join(folder, name))]));
}

test('sources are read where they are, also when another cache has taken the place', async (t) => {
  const app = appWith(t, LATE);
  assert.equal((await app.compile()).code, 0);
  const cluster = await app.start();
  assert.ok(isMapped(workerOf(cluster), app.textsFile()));
  app.change('node_modules/a/index.js', 'für', 'FÜR');
  assert.equal((await app.compile()).code, 0);
  assert.equal(kept(app).size, 2, 'the texts of before are gone');
  assert.deepEqual(await app.ask(cluster), ANSWER);
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(await app.answer(), { answer: OTHER, unused: undefined });
});

test('a release that is copied over the one that runs, into its files, harms nobody', async (t) => {
  const app = appWith(t, LATE);
  app.change('node_modules/a/index.js', 'für', 'FÜR');
  assert.equal((await app.compile()).code, 0);
  const other = kept(app);
  app.change('node_modules/a/index.js', 'FÜR', 'für');
  assert.equal((await app.compile()).code, 0);
  const cluster = await app.start();
  assert.ok(isMapped(workerOf(cluster), app.textsFile()));
  for (const [file, bytes] of other) writeFileSync(file, bytes);
  assert.deepEqual(await app.ask(cluster), ANSWER);
  assert.equal(await cluster.stop(), 0);
});

test('sources that are damaged are not believed; those that are not there are missed, and it is said', async (t) => {
  const app = appWith(t, LATE);
  assert.equal((await app.compile()).code, 0);
  const file = app.textsFile();
  const whole = readFileSync(file);
  const middles = app.places().map(([at, characters, width]) => at + (characters * width) / 2);
  for (const [put, why] of [
    [() => writeFileSync(file, flippedAt(whole, middles)), undefined],
    [() => truncateSync(file, 2 ** 32 + 4096), undefined],
    [() => writeFileSync(file, whole.subarray(0, -8)), `${file} is damaged: the sources are not all there`],
    [() => rmSync(file), `ENOENT: no such file or directory, open '${file}'`],
    [() => assert.equal(spawnSync('mkfifo', [file]).status, 0), `${file} is no regular file`],
  ] as const) {
    put();
    assert.deepEqual(await app.answer(), { answer: ANSWER, unused: why });
    const found = why === undefined ? 'ok: there is one for this Node.js (app)' : `warning: app: ${why}`;
    assert.equal(await app.doctor(), found);
  }
});

function flippedAt(bytes: Buffer, places: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const at of places) copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

test('without the native part each process keeps sources of its own, and the cache holds as well', async (t) => {
  const app = appWith(t);
  const entry = installWithoutNative(t);
  assert.equal((await app.compile()).code, 0);
  const cluster = await app.start({ entry });
  assert.ok(!isMapped(workerOf(cluster), app.textsFile()));
  assert.deepEqual(await app.ask(cluster), ['first', 'second']);
  assert.equal(await cluster.stop(), 0);
  // What is run is what was kept, so a cache that lies is believed.
  app.change('node_modules/a/lib/a.js', 'first', 'FIRST');
  app.takeFor('node_modules/a/lib/a.js');
  assert.deepEqual(await app.answer({ entry }), { answer: ['first', 'second'], unused: undefined });
});
