import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { Workspace } from './workspace.js';

test('paths become absolute: of the app from its folder, of eggcup from the file', (t) => {
  const space = new Workspace(t);
  for (const name of ['web/main.mjs', 'web/agent.cjs', 'web/tracing.js']) space.write(name, '');
  const { config } = space.config(`app:
  baseDir: web
  script: ./main
  unixSocket: run/app.sock
  require: [./tracing, some-package]
agent: { script: agent }
health: { dir: health }
terminationLog: reason
`);
  assert.equal(config.app.baseDir, space.path('web'));
  assert.equal(config.app.script, space.path('web/main.mjs'));
  assert.equal(config.app.unixSocket, space.path('web/run/app.sock'));
  assert.deepEqual(config.app.require, [space.path('web/tracing.js'), 'some-package']);
  assert.equal(config.agent.script, space.path('web/agent.cjs'));
  assert.equal(config.health.dir, space.path('health'));
  assert.equal(config.terminationLog, space.path('reason'));
});

test('a folder is the program that its package.json names, else its index', (t) => {
  const space = new Workspace(t);
  space.write('a/package.json', '{ "main": "lib/start" }');
  const named = space.write('a/lib/start.js', '');
  assert.equal(space.config('app: { script: a }\n').config.app.script, named);
  const index = space.write('b/index.js', '');
  assert.equal(space.config('app: { script: b }\n').config.app.script, index);
  const module = space.write('c/index.mjs', '');
  assert.equal(space.config('app: { script: c }\n').config.app.script, module);
});

test('a framework is a package name, or a path made absolute', (t) => {
  const space = new Workspace(t);
  space.write('package.json', '{}');
  space.write('framework/index.js', '');
  assert.equal(space.config('app: { framework: "@scope/egg" }\n').config.app.framework, '@scope/egg');
  assert.equal(space.config('app: { framework: ./framework }\n').config.app.framework, space.path('framework'));
});

test('what is not there is an error that says where it was looked for', (t) => {
  const space = new Workspace(t);
  const base = `paths are relative to app.baseDir "${space.folder}"`;
  const missing = (name: string): string => `no such file "${space.path(name)}"; ${base}`;
  assert.deepEqual(space.errors('app: { script: srv.js, require: [./a] }\nagent: { script: agent.js }\n'), [
    `cluster.yaml:1:16 app.script: ${missing('srv.js')}`,
    `cluster.yaml:1:34 app.require[0]: ${missing('a')}`,
    `cluster.yaml:2:18 agent.script: ${missing('agent.js')}`,
  ]);
  assert.deepEqual(space.errors('app: { framework: ./fw }\n'), [
    `cluster.yaml:1:19 app.framework: the application has no "${space.path('package.json')}", which a framework needs; ${base}`,
    `cluster.yaml:1:19 app.framework: ${missing('fw')}`,
  ]);
  space.write('package.json', '{}');
  mkdirSync(space.path('dir'));
  assert.deepEqual(space.errors('app: { framework: egg, https: { key: a, cert: dir, ca: c } }\n'), [
    'cluster.yaml:1:38 app.https.key: no such file (not shown); paths are relative to app.baseDir (not shown)',
    `cluster.yaml:1:47 app.https.cert: is a folder, not a file: "${space.path('dir')}"; ${base}`,
    `cluster.yaml:1:56 app.https.ca: ${missing('c')}`,
  ]);
});

test('a missing folder is one error, not one for each file in it', (t) => {
  const space = new Workspace(t);
  assert.deepEqual(space.errors('app: { baseDir: web, script: a.js }\n'), [
    `cluster.yaml:1:17 app.baseDir: no such folder "${space.path('web')}"; a relative one starts from the config file's, "${space.folder}"`,
  ]);
});

const root = process.getuid?.() === 0 && 'root may enter every folder';

test('who may not enter a folder hears that, not that a file is missing', { skip: root }, (t) => {
  const space = new Workspace(t);
  mkdirSync(space.path('closed'), { mode: 0 });
  assert.deepEqual(space.errors('app: { script: closed/a.js }\n'), [
    `cluster.yaml:1:16 app.script: there is no permission to look for "${space.path('closed/a.js')}"; paths are relative to app.baseDir "${space.folder}"`,
  ]);
});
