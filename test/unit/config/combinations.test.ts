import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { findContradictions } from '#eggcup/config/combinations.js';
import { schema } from '#eggcup/config/schema.js';
import { HEALTH_FILES } from '#eggcup/health/files.js';
import { Workspace } from './workspace.js';

const rows: readonly (readonly [string, readonly string[]])[] = [
  [
    'app: { framework: egg, script: server.js }',
    ['1:19 app.framework: app.framework "egg" and app.script "server.js" cannot both be set; remove one of them'],
  ],
  [
    'app: { port: 1 }',
    ['1:6 app: neither app.framework nor app.script is set; name a framework such as "egg", or the program to run'],
  ],
  [
    'log: { level: info }',
    ['1:1 app: neither app.framework nor app.script is set; name a framework such as "egg", or the program to run'],
  ],
  [
    'app: { script: server.js, https: { key: server.js, cert: server.js } }',
    ['1:34 app.https: needs app.framework, but app.script "server.js" is set; a script serves HTTPS by itself'],
  ],
  ['app: { framework: egg, https: { key: server.js } }', ['1:24 app.https.cert: is missing; set it']],
  [
    'app: { script: server.js, unixSocket: a.sock, port: 1, hostname: h }',
    [
      '1:39 app.unixSocket: "a.sock" excludes app.port 1; remove one of them',
      '1:39 app.unixSocket: "a.sock" excludes app.hostname "h"; remove one of them',
    ],
  ],
  ...[...HEALTH_FILES, './ready', '.', '../eggcup/live', '.live.tmp', '/run/eggcup/started'].map(
    (name): readonly [string, readonly string[]] => [
      `app: { script: server.js }\ncontrol: { socket: ${name} }`,
      [`2:20 control.socket: "${name}" is what eggcup itself writes into health.dir; take another name`],
    ],
  ),
  [
    'app: { script: server.js, nodeOptions: [-e, "1", --test, --eval=1, --test-name-pattern=x, --experimental-vm-modules] }',
    ['1:41 app.nodeOptions[0]: "-e"', '1:50 app.nodeOptions[2]: "--test"', '1:58 app.nodeOptions[3]: "--eval=1"'].map(
      (place) => `${place} has Node.js do something else than run the application; remove it`,
    ),
  ],
  [
    'app: { script: server.js, unixSocket: a.sock }\nlisten: { strategy: reusePort }',
    [
      '2:21 listen.strategy: "reusePort" needs a port, but app.unixSocket "a.sock" is set; take "roundRobin", "shared" or "auto"',
    ],
  ],
  [
    'app: { script: server.js, unixSocket: a.sock }\nlisten: { sticky: address }',
    [
      '2:19 listen.sticky: "address" is of no use with app.unixSocket "a.sock", where clients have no address; use a cookie or a header',
    ],
  ],
  [
    'app: { framework: egg, https: { key: server.js, cert: server.js } }\nlisten: { sticky: "header:X-User" }',
    [
      '2:19 listen.sticky: "header:x-user" cannot be seen in what app.https encrypts; use "address", or end TLS in front of eggcup',
    ],
  ],
  [
    'app: { framework: egg, args: [a], ready: message }\nagent: { script: server.js, ready: message }',
    [
      '1:30 app.args: needs app.script, but app.framework "egg" is set; remove it',
      '1:42 app.ready: needs app.script, but app.framework "egg" is set; remove it',
      '2:18 agent.script: needs app.script, but app.framework "egg" is set; remove it',
      '2:36 agent.ready: needs app.script, but app.framework "egg" is set; remove it',
    ],
  ],
  [
    'app: { script: server.js }\nagent: { enabled: true, ready: message }',
    [
      '2:19 agent.enabled: true needs agent.script, which is not set; set it or remove this',
      '2:32 agent.ready: "message" needs agent.script, which is not set; set it or remove this',
    ],
  ],
  [
    'app: { script: server.js }\nworkers: { min: 65 }',
    ['2:17 workers.min: 65 is more than workers.max 64; lower the one or raise the other'],
  ],
  [
    'app: { script: server.js }\nworkers: { count: 2 }\nhealth: { minReady: 3 }',
    [
      '3:21 health.minReady: 3 is more than workers.count 2, so there would never be so many; lower the one or raise the other',
    ],
  ],
  [
    'app: { script: server.js, port: 7002 }\nhealth: { http: { enabled: true } }',
    [
      '1:33 health.http.port: 7002 is app.port 7002 as well, but the health endpoints need a port of their own; change one of them',
    ],
  ],
  [
    'app: { script: server.js }\nrestart: { backoff: { initial: 1m } }',
    ['2:32 restart.backoff.initial: 1m is more than restart.backoff.max 15s; lower the one or raise the other'],
  ],
  [
    'app: { script: server.js }\nshutdown: { delay: 10s }',
    [
      "2:20 shutdown.grace: 30s is less than delay 10s + app 20s + agent 5s = 35s; shorten one of them, or raise it together with the platform's terminationGracePeriodSeconds",
    ],
  ],
];

for (const [text, expected] of rows) {
  test(`refused: ${text.replaceAll('\n', '; ')}`, (t) => {
    const space = new Workspace(t);
    space.write('package.json', '{}');
    assert.deepEqual(
      space.errors(text),
      expected.map((line) => `cluster.yaml:${line}`),
    );
  });
}

test('a number of workers stands outside of min and max', (t) => {
  const { config } = new Workspace(t).config('app: { script: server.js }\nworkers: { count: 8, max: 4 }\n');
  assert.equal(config.workers.count, 8);
});

test('the health endpoints: off, or on any other port than the application', (t) => {
  const space = new Workspace(t);
  const app = 'app: { script: server.js, port: 7002 }\n';
  assert.deepEqual(space.config(app).config.health.http, { enabled: false, host: '0.0.0.0', port: 7002 });
  const { config } = space.config(`${app}health: { http: { enabled: true, host: "::", port: 9000 } }\n`);
  assert.deepEqual(config.health.http, { enabled: true, host: '::', port: 9000 });
  const variables = { EGGCUP__HEALTH__HTTP__ENABLED: 'true', EGGCUP__HEALTH__HTTP__PORT: '9001' };
  const { http } = space.config(app, variables).config.health;
  assert.deepEqual(http, { enabled: true, host: '0.0.0.0', port: 9001 });
});

test('a typo in a key of a section that has two is explained', (t) => {
  assert.deepEqual(new Workspace(t).errors('app: { script: server.js }\nlisten: { sticki: none }\n'), [
    'cluster.yaml:2:11 listen.sticki: is not a key of the config (did you mean "sticky"?)',
  ]);
});

test('where the kernel chooses the worker a client cannot keep one', () => {
  const shutdown = { grace: '30s' };
  const settings = v.parse(schema, { app: { script: 'server.js' }, listen: { sticky: 'cookie:worker' }, shutdown });
  for (const strategy of ['shared', 'reusePort'] as const) {
    const listen = { ...settings.listen, strategy };
    assert.deepEqual(
      findContradictions({ ...settings, listen }).map(({ message }) => message),
      [
        `"cookie:worker" excludes listen.strategy "${strategy}", where the kernel chooses the worker; use "roundRobin" or "auto"`,
      ],
    );
  }
  for (const strategy of ['roundRobin', 'auto'] as const)
    assert.deepEqual(findContradictions({ ...settings, listen: { ...settings.listen, strategy } }), []);
});
