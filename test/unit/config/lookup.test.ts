import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { errorsOf, Workspace } from './workspace.js';

const app = 'app: { script: server.js }\n';

test('the first file that is named or exists decides', (t) => {
  const space = new Workspace(t);
  space.write('etc/server.js', '');
  space.write('other/server.js', '');
  const files = {
    example: space.write('example.yaml', app),
    system: space.write('etc/cluster.yaml', app),
    cwd: space.write('cluster.yaml', app),
    variable: space.write('other/variable.yaml', app),
    option: space.write('other/option.yaml', app),
  };
  const env = { EGGCUP_CONFIG: 'other/variable.yaml' };
  const found = [
    space.load(env, { file: 'other/option.yaml' }),
    space.load(env),
    space.load({ EGGCUP_CONFIG: '' }),
    space.load({}, { cwd: space.path('other') }),
    space.load({}, { cwd: space.path('other'), systemFile: space.path('nowhere/cluster.yaml') }),
  ].map(({ origin, file }) => [origin, file]);
  const order = ['option', 'variable', 'cwd', 'system', 'example'] as const;
  assert.deepEqual(
    found,
    order.map((origin) => [origin, files[origin]]),
  );
});

test('a link to nothing is an error, and no reason to run something else', (t) => {
  const space = new Workspace(t);
  space.write('example.yaml', app);
  symlinkSync('/nowhere/at/all', space.path('cluster.yaml'));
  assert.deepEqual(
    errorsOf(() => space.load({})),
    ['cluster.yaml: is a link to nothing; mend it or remove it'],
  );
});

test('a named file that does not exist is an error, not skipped', (t) => {
  const space = new Workspace(t);
  space.write('cluster.yaml', app);
  const path = space.path('no.yaml');
  assert.deepEqual(
    errorsOf(() => space.load({}, { file: 'no.yaml' })),
    [`--config names "${path}": no such file; name a config file that exists`],
  );
  assert.deepEqual(
    errorsOf(() => space.load({ EGGCUP_CONFIG: 'no.yaml' })),
    [`EGGCUP_CONFIG names "${path}": no such file; name a config file that exists`],
  );
});

test('a file that cannot be read is an error with the remedy', (t) => {
  const space = new Workspace(t);
  mkdirSync(space.path('cluster.yaml'));
  assert.deepEqual(
    errorsOf(() => space.load()),
    ['cluster.yaml: is a folder; name the config file in it'],
  );
  space.write('big.yaml', '#'.repeat(2 ** 20 + 1));
  assert.deepEqual(
    errorsOf(() => space.load({}, { file: 'big.yaml' })),
    ['--config names big.yaml: is larger than 1 MiB, so it is no config'],
  );
});

test('a file without permission to read it says so', { skip: process.getuid?.() === 0 && 'root may read all' }, (t) => {
  const space = new Workspace(t);
  chmodSync(space.write('cluster.yaml', app), 0);
  assert.deepEqual(
    errorsOf(() => space.load()),
    ['cluster.yaml: there is no permission to read it; change its mode or owner'],
  );
});

test('a file outside of the working directory is shown with its whole path', (t) => {
  const space = new Workspace(t);
  mkdirSync(space.path('cwd'));
  const file = space.write('cluster.yaml', 'ap: 1\napp: { script: server.js }\n');
  assert.deepEqual(
    errorsOf(() => space.load({}, { cwd: space.path('cwd'), file })),
    [`${file}:1:1 ap: is not a key of the config (did you mean "app"?)`],
  );
});
