/** `eggcup init`: what it writes for a folder is right, and starts. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { folderWith, run, runJson } from '../helpers/cli.js';
import { projectRoot } from '../helpers/cluster.js';

interface Written {
  readonly app: Readonly<Record<string, unknown>>;
  readonly agent?: { readonly script?: string };
}

/** Runs `eggcup init` in a folder with these files; what it wrote is valid. */
function written(folder: string): Written {
  const { code, stdout, stderr } = run('cli', ['init'], folder);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^wrote cluster\.yaml: .*\nnext: eggcup plan\n$/);
  assert.equal(run('cli', ['check'], folder).code, 0);
  return parse(readFileSync(join(folder, 'cluster.yaml'), 'utf8')) as Written;
}

test('the program of "start", its options and its port', (t) => {
  const start = 'NODE_ENV=production node --enable-source-maps --no-warnings src/main.js';
  const folder = folderWith(t, {
    'package.json': JSON.stringify({ main: 'index.js', scripts: { start } }),
    'src/main.js': 'server.listen(process.env.PORT ?? 8080);',
    'index.js': '',
    'agent.js': '',
  });
  const { app, agent } = written(folder);
  const nodeOptions = ['--enable-source-maps', '--no-warnings'];
  assert.deepEqual(app, { script: 'src/main.js', port: '${PORT:-8080}', nodeOptions });
  assert.deepEqual(agent, { script: 'agent.js' });
});

test('the main file, or a usual name; a fixed port, one of the Dockerfile, or none', (t) => {
  const main = folderWith(t, { 'package.json': '{"main":"lib"}', 'lib/index.js': 'http.createServer(f).listen(4000)' });
  assert.deepEqual(written(main).app, { script: 'lib', port: 4000 });
  const usual = folderWith(t, { 'package.json': 'no json', 'app.js': '', Dockerfile: 'FROM node\nEXPOSE 5000\n' });
  assert.deepEqual(written(usual).app, { script: 'app.js', port: '${PORT:-5000}' });
  assert.deepEqual(written(folderWith(t, { 'server.js': '' })).app, { script: 'server.js' });
  const bundler = folderWith(t, { 'package.json': '{"scripts":{"start":"vite preview"}}', 'index.mjs': '' });
  assert.deepEqual(written(bundler).app, { script: 'index.mjs' });
});

test('an egg application: its framework, and its port unless it says one itself', (t) => {
  const egg = folderWith(t, { 'package.json': '{"dependencies":{"egg":"3"}}', 'app/router.js': '' });
  assert.deepEqual(written(egg).app, { framework: 'egg', port: 7001 });
  const own = folderWith(t, {
    'package.json': '{"dependencies":{"egg":"3"},"egg":{"framework":"chair"}}',
    'config/config.default.js': 'exports.cluster = { listen: { port: 8080 } };',
  });
  assert.deepEqual(written(own).app, { framework: 'chair' });
});

test('the bundled example without its config gets one that starts the same programs', (t) => {
  const folder = folderWith(t, {});
  cpSync(join(projectRoot, 'examples/hello'), folder, { recursive: true });
  rmSync(join(folder, 'cluster.yaml'));
  written(folder);
  const programs = (cwd: string): unknown => {
    const planned = runJson(['plan'], cwd) as Record<string, object>;
    return JSON.parse(JSON.stringify([planned['app'], planned['agent']]).replaceAll(cwd, ''));
  };
  assert.deepEqual(programs(folder), programs(join(projectRoot, 'examples/hello')));
  assert.equal((runJson(['plan'], folder, { PORT: '7001' }) as { listen: string }).listen, 'http://*:7001');
});

test('the explanations are there, and uncommenting changes nothing', (t) => {
  const folder = folderWith(t, { 'server.js': '' });
  written(folder);
  const config = (): unknown => (runJson(['print'], folder) as { config: unknown }).config;
  const [file, before] = [join(folder, 'cluster.yaml'), config()];
  const text = readFileSync(file, 'utf8');
  assert.match(text, /^# yaml-language-server: \$schema=https:\/\/.*\/cluster\.schema\.json\n/);
  assert.match(text, /# How many app workers there are\./);
  writeFileSync(file, text.replaceAll(/^# ((?: {2})?\w+:(?: \S.*)?)$/gm, '$1').replace(/^ {2}port: 3000\n/m, ''));
  assert.match(readFileSync(file, 'utf8'), /^workers:\n(?: {2}#.*\n)* {2}count: auto\n/m);
  assert.deepEqual(config(), before);
});

test('a file that is there is never written over; a folder with nothing to run is refused', (t) => {
  const folder = folderWith(t, { 'server.js': '', 'cluster.yaml': 'mine' });
  const { code, stderr } = run('cli', ['init'], folder);
  assert.equal(code, 78);
  assert.match(stderr, /cluster\.yaml exists; remove it, or name another with --config/);
  assert.equal(readFileSync(join(folder, 'cluster.yaml'), 'utf8'), 'mine');
  assert.match(
    run('cli', ['init', '--config', 'other.yaml'], folder).stdout,
    /^wrote other\.yaml: .*--config other\.yaml\n/s,
  );
  const empty = run('cli', ['init'], folderWith(t, { 'readme.md': '' }));
  assert.equal(empty.code, 78);
  assert.match(empty.stderr, /nothing to run in .*call it in the folder of an application/);
  assert.equal(run('cli', ['init', '--config', 'no/such/folder/c.yaml'], folder).code, 78);
});
