/** What is published: dist/, which scripts/bundle.mjs makes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../helpers/cluster.js';
import { temporaryDirectory } from '../helpers/temporary.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

test('the types of the package need no file that is not published', () => {
  const seen = new Set(['dist/index.d.ts']);
  for (const file of seen) {
    for (const [, target = ''] of read(file).matchAll(/from '(\.[^']+)'/g))
      seen.add(join(dirname(file), target.replace(/\.js$/, '.d.ts')));
  }
  assert.ok(seen.has('dist/ipc/messenger.d.ts'));
});

test('a command needs nothing but dist/ and native/', (t) => {
  const folder = temporaryDirectory(t);
  for (const part of ['dist', 'native']) cpSync(join(projectRoot, part), join(folder, part), { recursive: true });
  const { status, stderr } = run(join(folder, 'dist/entry.js'), '-s', 'sh', '-c', 'exit 3');
  assert.deepEqual([status, stderr], [3, '']);
});

test('a program that is called by a link finds its files', (t) => {
  const link = join(temporaryDirectory(t), 'eggcup-entry');
  symlinkSync(join(projectRoot, 'dist/entry.js'), link);
  const { version } = JSON.parse(read('package.json')) as { version: string };
  assert.equal(run(link, '--version').stdout, `${version}\n`);
  assert.deepEqual([run(link, '-s', 'true').status, run(link, '-s', 'true').stderr], [0, '']);
});

test('what serves the health endpoints is a file of its own, which only a master that has them on loads', () => {
  assert.match(read('dist/health/http.js'), /require\("node:http"\)[^]*eggcup_live/);
  for (const program of ['dist/entry.js', 'dist/master/run-cluster.js'])
    assert.doesNotMatch(read(program), /require\("node:http"\)|eggcup_live/, program);
});

test('the notices name every dependency, in the version that is bundled and installed beside it', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Readonly<Record<string, string>> };
  const notices = read('dist/THIRD-PARTY-NOTICES.txt');
  for (const [name, version] of Object.entries(dependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, `${name}: a range would install what does not run`);
    assert.match(notices, new RegExp(`^---- ${name}@${version} `, 'm'));
  }
});

test('a stack trace names the sources', () => {
  const map = JSON.parse(read('dist/master/run-cluster.js.map')) as { sources: string[]; sourcesContent?: unknown };
  const own = map.sources.filter((source) => !/\/node_modules\/|^stand-in:/.test(source)); // See scripts/lean.mjs.
  assert.ok(own.includes('../../src/master/run-cluster.ts'));
  assert.ok(own.every((source) => existsSync(join(projectRoot, 'dist/master', source))));
  assert.equal(map.sourcesContent, undefined);
});

function run(program: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 10_000 });
}
