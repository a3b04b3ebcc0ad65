import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, Workspace } from './workspace.js';

const app = 'app: { script: server.js }\n';

test('each kind of value is read, and the last one for a key counts', (t) => {
  const space = new Workspace(t);
  space.write('cluster.yaml', app);
  const { config } = space.load(
    {},
    {
      set: [
        'workers.count=2',
        'workers.count=4',
        'workers.heap=off',
        'app.hostname=127.1',
        'app.args=[a, "8080"]',
        'app.env.A.B=x=${y}$$',
        'app.env.EMPTY=',
        'health={ failures: 5, minReady: 50% }',
        'health.failures=6',
        'startup.timeout=2m',
      ],
    },
  );
  assert.equal(config.workers.count, 4);
  assert.equal(config.workers.heap, 'off');
  assert.equal(config.app.hostname, '127.1');
  assert.deepEqual(config.app.args, ['a', '8080']);
  assert.deepEqual(config.app.env, { 'A.B': 'x=${y}$$', EMPTY: '' });
  assert.equal(config.health.failures, 6);
  assert.deepEqual(config.health.minReady, { kind: 'share', value: 0.5 });
  assert.equal(config.startup.timeout, 120_000);
});

test('what is wrong is named with its key, all at once', (t) => {
  const space = new Workspace(t);
  space.write('cluster.yaml', app);
  const set = [
    'workers.cuont=2',
    'timeout=3s',
    'workers.count',
    'app.env.=x',
    'startup.timeout=60',
    'app.args=[a',
    'x=1',
  ];
  const expected = [
    /^--set workers\.cuont: is not a key of the config \(did you mean workers\.count\?\)$/,
    /^--set timeout: is not a key of the config \(did you mean startup\.timeout\?\)$/,
    /^--set workers\.count: needs a value: --set KEY=VALUE$/,
    /^--set app\.env\[""\]: is not a key of the config/,
    /^--set x: is not a key of the config$/,
    /^--set app\.args: /,
    /^--set startup\.timeout: must be a duration .* got "60" \(did you mean "60s"\?\)$/,
  ];
  const found = errorsOf(() => space.load({}, { set }));
  for (const pattern of expected)
    assert.ok(
      found.some((line) => pattern.test(line)),
      `${pattern} in\n${found.join('\n')}`,
    );
  assert.equal(found.length, expected.length, found.join('\n'));
});
