import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HealthFiles } from '#eggcup/health/files.js';
import { temporaryDirectory } from '../../helpers/temporary.js';
import { until } from '../../helpers/until.js';
import { snapshot } from './snapshots.js';

const fail = (trouble: string | undefined): never => assert.fail(trouble);

function zombiesIn(dir: string): number | undefined {
  if (!existsSync(join(dir, 'status.json'))) return undefined;
  return (JSON.parse(readFileSync(join(dir, 'status.json'), 'utf8')) as { zombies: number }).zombies;
}

test('of several snapshots at once the last is there in the end, and each that is seen is whole', async (t) => {
  const dir = temporaryDirectory(t);
  const files = new HealthFiles(dir, fail);
  for (let zombies = 0; zombies <= 500; zombies += 1) {
    files.writeStatus(snapshot({ zombies }));
    if (zombies % 5 === 0) await setImmediate();
    assert.ok((zombiesIn(dir) ?? 0) <= zombies);
  }
  await until('the last one', () => zombiesIn(dir) === 500);
  assert.deepEqual(readdirSync(dir), ['status.json']);
});

test('a snapshot that is on its way at the last clean-up leaves no file', async (t) => {
  const dir = temporaryDirectory(t);
  for (let round = 0; round < 300; round += 1) {
    const files = new HealthFiles(dir, fail);
    for (const marker of ['live', 'ready', 'started'] as const) files.mark(marker, true);
    files.writeStatus(snapshot());
    files.writeStatus(snapshot());
    // Now the thread has not begun yet, is about it, or has done it.
    for (const end = performance.now() + (round % 10) * 0.02; performance.now() < end;);
    files.removeAll();
    assert.deepEqual(readdirSync(dir), []);
    await setImmediate();
    assert.deepEqual(readdirSync(dir), []);
  }
});

test('what keeps a snapshot from being written is told once, and its end too', async (t) => {
  const dir = join(temporaryDirectory(t), 'health');
  mkdirSync(join(dir, 'status.json'), { recursive: true });
  const told: (string | undefined)[] = [];
  const files = new HealthFiles(dir, (trouble) => told.push(trouble));
  files.writeStatus(snapshot());
  await until('the trouble', () => told.length > 0);
  assert.match(String(told[0]), /^EISDIR.*status\.json/);
  files.writeStatus(snapshot());
  await setImmediate();
  rmdirSync(join(dir, 'status.json'));
  await until('it to be over', () => {
    files.writeStatus(snapshot());
    return told.includes(undefined);
  });
  assert.deepEqual(told.slice(1), [undefined]);
  rmSync(dir, { recursive: true });
});
