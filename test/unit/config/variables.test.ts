import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find } from '#eggcup/config/tree.js';
import { Workspace } from './workspace.js';

const app = 'app: { script: server.js }\n';

test('a variable sets a key, however it is spelled', (t) => {
  const space = new Workspace(t);
  for (const name of [
    'EGGCUP__WORKERS__MEMORY_PER_WORKER',
    'EGGCUP__WORKERS__MEMORYPERWORKER',
    'EGGCUP__workers__memoryPerWorker',
  ])
    assert.equal(space.config(app, { [name]: '1Gi' }).config.workers.memoryPerWorker, 2 ** 30, name);
});

test('each kind of value is read', (t) => {
  const { config } = new Workspace(t).config(app, {
    EGGCUP__WORKERS__COUNT: ' 4 ',
    EGGCUP__WORKERS__HEAP: 'off',
    EGGCUP__AGENT__ENABLED: 'false',
    EGGCUP__APP__HOSTNAME: '127.1',
    EGGCUP__APP__ARGS: '[a, "8080"]',
    EGGCUP__APP__NODE_OPTIONS: '- --trace-warnings\n- --no-deprecation',
    EGGCUP__HEALTH: '{ failures: 5, minReady: 50% }',
    EGGCUP__HEALTH__FAILURES: '6',
    EGGCUP__STARTUP__TIMEOUT: '2m',
  });
  assert.equal(config.workers.count, 4);
  assert.equal(config.workers.heap, 'off');
  assert.equal(config.agent.enabled, false);
  assert.equal(config.app.hostname, '127.1');
  assert.deepEqual(config.app.args, ['a', '8080']);
  assert.deepEqual(config.app.nodeOptions, ['--trace-warnings', '--no-deprecation']);
  assert.equal(config.health.failures, 6);
  assert.deepEqual(config.health.minReady, { kind: 'share', value: 0.5 });
  assert.equal(config.startup.timeout, 120_000);
});

test('a section without content is as if left out', (t) => {
  const text = 'app: { script: server.js, env: { A: kept } }\nhealth: { failures: 5, http: { enabled: true } }\n';
  const env = { EGGCUP__HEALTH: '', EGGCUP__APP__ENV: '', EGGCUP__WORKERS: '~' };
  const space = new Workspace(t);
  space.write('cluster.yaml', text);
  for (const { config } of [
    space.load(env),
    space.load({}, { set: ['health=', 'app.env='] }),
    space.load({ EGGCUP__HEALTH: '{ http: }' }),
  ]) {
    assert.deepEqual([config.health.failures, config.health.http.enabled], [5, true]);
    assert.deepEqual(config.app.env, { A: 'kept' });
  }
});

test('names and values of app.env are taken as they are', (t) => {
  const { config } = new Workspace(t).config('app: { script: server.js, env: { A: 1, Kept: 010 } }\n', {
    EGGCUP__APP__ENV__A: '0123',
    EGGCUP__APP__ENV__Mixed_case__x: 'null',
    EGGCUP__APP__ENV__EMPTY: '',
    EGGCUP__APP__ENV__MONEY: 'a$b$$c${X}',
  });
  const expected = { A: '0123', Kept: '010', Mixed_case__x: 'null', EMPTY: '', MONEY: 'a$b$$c${X}' };
  assert.deepEqual(config.app.env, expected);
});

test('default < file < variable < command line, and each value knows which', (t) => {
  const space = new Workspace(t);
  const text = `${app}workers:\n  min: 2\n  max: 3\n`;
  space.write('cluster.yaml', text);
  const env = { EGGCUP__WORKERS__MAX: '9', EGGCUP__RESTART__LIMIT: '8' };
  const { config, tree } = space.load(env, { set: ['restart.limit=7'] });
  assert.deepEqual([config.workers.min, config.workers.max, config.workers.count], [2, 9, 'auto']);
  assert.equal(config.restart.limit, 7);
  const origin = (...path: string[]): unknown => find(tree, path)?.tree.origin;
  assert.deepEqual(origin('workers', 'count'), { kind: 'default' });
  assert.deepEqual(origin('workers', 'min'), { kind: 'file', file: 'cluster.yaml', line: 3, column: 8 });
  assert.deepEqual(origin('workers', 'max'), { kind: 'variable', name: 'EGGCUP__WORKERS__MAX' });
  assert.deepEqual(origin('restart', 'limit'), { kind: 'option', name: '--set' });
  assert.equal(origin('app', 'port'), undefined);
});

test('variables apply to the bundled example too', (t) => {
  const space = new Workspace(t);
  space.write('example.yaml', app);
  const { origin, config } = space.load({ EGGCUP__WORKERS__COUNT: '3' });
  assert.deepEqual([origin, config.workers.count], ['example', 3]);
});

test('the defaults of grace and of the health folder honour their variables', (t) => {
  const space = new Workspace(t);
  const env = { EGGCUP_GRACE: '45s', EGGCUP_HEALTH_DIR: '/tmp/health' };
  const loaded = space.config(app, env);
  assert.deepEqual([loaded.config.shutdown.grace, loaded.config.health.dir], [45_000, '/tmp/health']);
  assert.deepEqual(find(loaded.tree, ['health', 'dir'])?.tree.origin, { kind: 'variable', name: 'EGGCUP_HEALTH_DIR' });
  const bare = space.load();
  assert.deepEqual([bare.config.shutdown.grace, bare.config.health.dir], [30_000, '/run/eggcup']);
  assert.deepEqual(find(bare.tree, ['health', 'dir'])?.tree.origin, { kind: 'default' });
  // As dist/probe.js takes it.
  space.write('conf/cluster.yaml', 'app: { baseDir: .., script: server.js }\n');
  const relative = space.load({ EGGCUP_CONFIG: 'conf/cluster.yaml', EGGCUP_HEALTH_DIR: 'run' });
  assert.equal(relative.config.health.dir, space.path('run'));
  const written = space.config(`${app}shutdown: { grace: 40s }\n`, env);
  assert.equal(written.config.shutdown.grace, 40_000);
});

test('an error names the variable', (t) => {
  const env = {
    EGGCUP_GRACE: '40',
    EGGCUP__APP__ARGS: '[a',
    EGGCUP__HEALTH__FAILURES: 'x',
    EGGCUP__LOG__LEVEL: 'inof',
    EGGCUP__WORKERS__MIN: '1',
    EGGCUP__WORKERS__M_I_N: '2',
    EGGCUP__WORKER__COUNT: '4',
    EGGCUP__APP__ENV__: 'x',
    EGGCUP_SERVICE_HOST: 'not of the family',
  };
  assert.deepEqual(new Workspace(t).errors(app, env), [
    'EGGCUP_GRACE shutdown.grace: must be a duration such as 30s, 1500ms, 2m or 1h, got "40" (did you mean "40s"?)',
    'EGGCUP__APP__ARGS app.args: not valid YAML: Flow sequence must end with a ]',
    'EGGCUP__APP__ENV__ is not a variable of the config (did you mean EGGCUP__APP__ENV?)',
    'EGGCUP__HEALTH__FAILURES health.failures: must be a whole number from 1 to 1000000, got "x"',
    'EGGCUP__LOG__LEVEL log.level: must be "trace", "debug", "info", "warn", "error", "fatal" or "silent", got "inof" (did you mean "info"?)',
    'EGGCUP__WORKERS__M_I_N sets the same key as EGGCUP__WORKERS__MIN; remove one of them',
    'EGGCUP__WORKER__COUNT is not a variable of the config (did you mean EGGCUP__WORKERS__COUNT?)',
  ]);
});
