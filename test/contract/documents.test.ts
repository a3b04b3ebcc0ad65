/** README and docs say what the code does. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { effectOf, leafKeys } from '#eggcup/config/changes.js';
import { meaningOf } from '#eggcup/init/exit-codes.js';
import { LOG_MESSAGES } from '#eggcup/log-events.js';
import { HEALTH_FILES } from '#eggcup/health/files.js';
import { renderMetrics } from '#eggcup/health/metrics.js';
import { projectRoot } from '../helpers/cluster.js';
import { snapshot } from '../unit/health/snapshots.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

test('docs/log-events.md lists every event, and no other', () => {
  const listed = [...read('docs/log-events.md').matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, event]) => event);
  assert.deepEqual(listed.toSorted(), Object.keys(LOG_MESSAGES).toSorted());
});

test('the README names the exit codes that the code knows', () => {
  const table = read('README.md').split('## Exit codes')[1]?.split('##')[0] ?? '';
  const listed = [...table.matchAll(/^\| (\d+)(?: \/ (\d+))? \|/gm)].flatMap(([, first, second]) => [first, second]);
  const model = /export type ExitCode = ([^;]+);/.exec(read('src/supervisor/model.ts'))?.[1]?.split(' | ') ?? [];
  assert.deepEqual(
    listed.filter(Boolean).map(Number),
    [...model.map(Number), 78].toSorted((a, b) => a - b),
  );
});

test('docs/exit-codes.md says of each code what the termination message says', () => {
  const table = read('docs/exit-codes.md').split('## And of one command?')[0] ?? '';
  const rows = [...table.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)].map(([, code, means = '']) => [Number(code), means]);
  const known = Array.from({ length: 128 }, (_, code) => code).filter((code) => meaningOf(code) !== undefined);
  assert.deepEqual(
    rows.map(([code, means]) => [code, String(means).replaceAll('`', '')]),
    known.map((code) => [code, meaningOf(code)]),
  );
  for (const [, event = ''] of table.matchAll(/`([a-z]+\.[a-z-]+)`/g)) {
    const isKey = read('docs/configuration.md').includes(`| \`${event}\` |`);
    assert.ok(isKey || Object.hasOwn(LOG_MESSAGES, event), event);
  }
});

test('docs/signals.md and the README name the signals that the code knows', () => {
  const code = read('src/master/cluster-signals.ts');
  const known = ['STOP', 'KINDS'].flatMap((name) => {
    const [, list = ''] = new RegExp(`const ${name}[^=]*= ([^;]*?);`).exec(code) ?? [];
    return [...list.matchAll(/SIG\w+/g)].map(([signal]) => signal);
  });
  assert.equal(known.length, 8);
  const rowsOf = (text: string): readonly string[] =>
    [...text.matchAll(/^\| ((?:SIG\w+(?:, )?)+) \|/gm)].flatMap(([, names = '']) => names.split(', '));
  for (const signal of known) assert.ok(rowsOf(read('docs/signals.md')).includes(signal), signal);
  const readme = read('README.md').split('## Signals')[1]?.split('\n## ')[0] ?? '';
  assert.deepEqual(rowsOf(readme).toSorted(), known.toSorted());
});

test('docs/reload.md names every setting that a container keeps for life, and every effect', () => {
  const page = read('docs/reload.md');
  const [, kept = ''] = page.split("What holds for a container's life");
  const isKept = (key: string): boolean => new RegExp(`\`${key.replaceAll('.', '\\.')}\``).test(kept);
  for (const path of leafKeys()) {
    const key = path.join('.');
    const effect = effectOf(key);
    assert.match(page, effect === 'container' ? /config\.fixed/ : new RegExp(`^\\| \`${effect}\` \\|`, 'm'));
    // Two are named in words.
    if (effect !== 'container' || ['agent.enabled', 'restart.duration'].includes(key)) continue;
    assert.ok(
      path.some((_, index) => isKept(path.slice(0, index + 1).join('.'))),
      key,
    );
  }
});

test('docs/messages.md lists every message that the master says by itself', () => {
  const table = read('docs/messages.md').split('## What does the master say by itself?')[1]?.split('\n## ')[0] ?? '';
  const listed = [...table.matchAll(/^\| ((?:`[\w-]+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) => names.split(', '));
  const union = /export type Announcement =([^;]+;[^;]+;)/.exec(read('src/supervisor/commands.ts'))?.[1] ?? '';
  const known = [...union.matchAll(/'([\w-]+)'/g)].map(([, action]) => `\`${action}\``);
  assert.ok(known.length > 3);
  assert.deepEqual([...new Set(listed)].toSorted(), known.toSorted());
});

test('docs/metrics.md lists every metric with its type and labels, and no other', () => {
  const listed = [...read('docs/metrics.md').matchAll(/^\| `(eggcup_\w+)` \| (\w+) \| (.*?) ?\| /gm)].map(
    ([, name, type, labels = '']) => [name, type, [...labels.matchAll(/\w+/g)].join(', ')].join(' '),
  );
  const rendered = renderMetrics(snapshot());
  const served = [...rendered.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type]) => {
    const [, pairs = ''] = new RegExp(`^${name}(?:\\{(.*)\\})? `, 'm').exec(rendered) ?? [];
    return [name, type, [...pairs.matchAll(/(\w+)=/g)].map(([, label]) => label).join(', ')].join(' ');
  });
  assert.deepEqual(listed.toSorted(), served.toSorted());
});

test('the README names the health files', () => {
  for (const file of HEALTH_FILES) assert.match(read('README.md'), new RegExp(`^\\| \`${file}\` \\|`, 'm'));
});

test('every link of README and docs leads somewhere, and the README leads to every page', () => {
  const docs = readdirSync(join(projectRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  for (const page of ['README.md', 'helm/eggcup/README.md', ...docs]) {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(join(projectRoot, dirname(page), target ?? '')), `${page}: ${target}`);
    }
  }
  for (const page of docs) assert.ok(read('README.md').includes(`](${page}`), `the README does not lead to ${page}`);
});

test('what the package ships is there, and its programs are executable by node', () => {
  const manifest = JSON.parse(read('package.json')) as {
    bin: Record<string, string>;
    files: string[];
    exports: object;
  };
  for (const file of Object.values(manifest.bin)) assert.match(read(file), /^(#!\/usr\/bin\/env node|\/\*\*)/);
  for (const file of manifest.files.filter((name) => !name.startsWith('!')))
    assert.ok(existsSync(join(projectRoot, file)), file);
});

test('the lock file holds no addresses, and every package that it speaks of', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
  const missing = Object.values(lock.packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter((name) => lock.packages[`node_modules/${name}`] === undefined);
  // `npm ci` refuses a lock file that lacks a package for another platform.
  assert.deepEqual(missing, []);
  assert.ok(Object.values(lock.packages).every(({ resolved }) => resolved === undefined));
});

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test('every event, key and exit code that troubleshooting and migrating name is there', () => {
  const known = `${read('docs/log-events.md')}\n${read('docs/configuration.md')}`;
  for (const page of ['docs/troubleshooting.md', 'docs/migrating.md']) {
    const names = [...read(page).matchAll(/`([a-z]+\.[a-zA-Z.-]+)`/g)].map(([, name]) => name ?? '');
    assert.ok(names.length > 10, page);
    for (const name of names.filter((it) => !/\.(js|yaml|json|listen)$/.test(it))) {
      assert.ok(known.includes(`\`${name}`), `${page}: ${name}`);
    }
  }
  for (const [, code] of read('docs/troubleshooting.md').matchAll(/exit (\d+)[ ,]/g)) {
    assert.ok(read('README.md').includes(`| ${code} |`) || ['10', '11', '137'].includes(code ?? ''), `exit ${code}`);
  }
});
