import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '#eggcup/config/config-error.js';
import { Workspace } from './workspace.js';

const app = 'app: { script: server.js }\n';

test('a file with nothing but a script gets every default', (t) => {
  const space = new Workspace(t);
  assert.deepEqual(space.config(app).config, {
    apiVersion: 'eggcup/v1',
    app: {
      baseDir: space.folder,
      script: space.path('server.js'),
      args: [],
      ready: 'listening',
      require: [],
      env: {},
      nodeOptions: [],
    },
    agent: { ready: 'loaded', enabled: 'auto' },
    workers: {
      count: 'auto',
      min: 1,
      max: 64,
      rounding: 'floor',
      standby: 0,
      memoryPerWorker: 160 * 2 ** 20,
      heap: 'auto',
      followQuota: true,
      recycle: { maxRequests: 0, maxAge: 0, maxRss: 0, jitter: 0.1 },
    },
    listen: { strategy: 'roundRobin', sticky: { kind: 'none' } },
    startup: { timeout: 60_000, parallel: 'auto' },
    health: {
      dir: '/run/eggcup',
      interval: 10_000,
      failures: 3,
      minReady: { kind: 'count', value: 1 },
      workerTimeout: 30_000,
      http: { enabled: false, host: '0.0.0.0', port: 7002 },
    },
    reload: { watch: false },
    restart: { limit: 60, duration: 60_000, backoff: { initial: 200, max: 15_000 } },
    shutdown: { delay: 0, app: 20_000, agent: 5000, grace: 30_000 },
    log: { level: 'info', format: 'json' },
    control: { enabled: 'auto', socket: 'control.sock' },
    terminationLog: '/dev/termination-log',
  });
});

test('everything that is wrong is said at once, in the order of the file', (t) => {
  const text = `app:
  script: server.js
  prot: 7001
  port: "7001"
  args: [a, 80]
  env: { A: [1], B: }
workers:
  count: fuor
  cuont: 3
  memoryPerWorker: 512m
startup: { timeout: 60, parallel: 0 }
agent: [script]
health: { minReady: 120%, interval: 0s }
restart: { duration: 1e9999s, limit: .nan }
shutdown: { delay: 600h, app: -1s }
log: { level: inof, format: }
port: 80
extra: 1
`;
  const lines = [
    '3:3 app.prot: is not a key of the config (did you mean "port"?)',
    '4:9 app.port: must be a whole number from 1 to 65535, got "7001" (remove the quotes)',
    '5:13 app.args[1]: must be text, got 80 (put it in quotes: "80")',
    '6:13 app.env.A: must be text; write "" for an empty value, got a list',
    '6:21 app.env.B: must be text; write "" for an empty value, got nothing (leave the key out for its default)',
    '8:10 workers.count: must be "auto" or a whole number from 1 to 1024, got "fuor"',
    '9:3 workers.cuont: is not a key of the config (did you mean "count"?)',
    '10:20 workers.memoryPerWorker: must be a size such as 512Mi, 1Gi or 160M, got "512m" (did you mean "512Mi"?)',
    '11:21 startup.timeout: must be a duration such as 30s, 1500ms, 2m or 1h, got 60 (did you mean "60s"?)',
    '11:35 startup.parallel: must be "auto" or a whole number from 1 to 1024, got 0',
    '12:8 agent: must be a mapping, got a list',
    '13:21 health.minReady: must be a whole number from 0 to 1024, or a share such as 50%, got "120%"',
    '13:37 health.interval: must be longer than 0s, got "0s"',
    '14:22 restart.duration: must be a duration such as 30s, 1500ms, 2m or 1h, got "1e9999s"',
    '14:38 restart.limit: must be a whole number from 1 to 1000000, got NaN',
    '15:20 shutdown.delay: must be at most 2147483647ms, 24.8 days: no timer of Node is longer, got "600h"',
    '15:31 shutdown.app: must be a duration such as 30s, 1500ms, 2m or 1h, got "-1s"',
    '16:15 log.level: must be "trace", "debug", "info", "warn", "error", "fatal" or "silent", got "inof" (did you mean "info"?)',
    '16:29 log.format: must be "json" or "pretty", got nothing (leave the key out for its default)',
    '17:1 port: is not a key of the config (did you mean "app.port"?)',
    '18:1 extra: is not a key of the config',
  ];
  assert.deepEqual(
    new Workspace(t).errors(text),
    lines.map((line) => `cluster.yaml:${line}`),
  );
});

test('what YAML allows but a config does not is said with the rest', (t) => {
  const text = 'app: { script: server.js, port: 1, port: 2, env: { constructor: a } }\nworkers: { <<: {}, count: x }\n';
  assert.deepEqual(new Workspace(t).errors(text), [
    'cluster.yaml:1:36 app.port: is set twice, first in line 1',
    'cluster.yaml:1:52 app.env.constructor: cannot be used as a name; take another',
    'cluster.yaml:2:12 workers: merge keys (<<) are not part of YAML 1.2; write the keys out',
    'cluster.yaml:2:27 workers.count: must be "auto" or a whole number from 1 to 1024, got "x"',
  ]);
});

test('the error has a code, and each issue its path', (t) => {
  const space = new Workspace(t);
  space.write('cluster.yaml', 'app: { script: server.js, port: 0 }\n');
  assert.throws(
    () => space.load(),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.code, 'ERR_CONFIG');
      assert.deepEqual(
        error.issues.map((issue) => issue.path),
        [['app', 'port']],
      );
      return true;
    },
  );
});

test('contradictions are found beside wrong values, but not where one of the two is wrong', (t) => {
  const text = `${app}workers: { count: x, min: 5, max: 2 }\nrestart: { backoff: { initial: 20s, max: 5 } }\n`;
  assert.deepEqual(new Workspace(t).errors(text), [
    'cluster.yaml:2:19 workers.count: must be "auto" or a whole number from 1 to 1024, got "x"',
    'cluster.yaml:2:27 workers.min: 5 is more than workers.max 2; lower the one or raise the other',
    'cluster.yaml:3:42 restart.backoff.max: must be a duration such as 30s, 1500ms, 2m or 1h, got 5 (did you mean "5s"?)',
  ]);
});

test('a section without content is as if left out', (t) => {
  const { config } = new Workspace(t).config(`${app}workers:\nhealth: ~\nrestart: { backoff: }\n`);
  assert.deepEqual([config.workers.max, config.health.failures, config.restart.backoff.initial], [64, 3, 200]);
});

test('a value with a replacement is typed as if it had been written so', (t) => {
  const text = `app:
  script: "\${NAME}.js"
  port: \${PORT:-7001}
  args: ["\${PORT}", "\${EMPTY}"]
  env: { PORT: "\${PORT}", VERSION: 1.10, YES: true, DOLLAR: $$x }
workers: { count: "\${COUNT:-auto}" }
agent: { enabled: "\${AGENT:-false}" }
startup: { timeout: "\${SECONDS}s" }
`;
  const env = { NAME: 'server', PORT: '0x50', EMPTY: '', SECONDS: '90' };
  const { config } = new Workspace(t).config(text, env);
  assert.equal(config.app.port, 80);
  assert.deepEqual(config.app.args, ['0x50', '']);
  assert.deepEqual(config.app.env, { PORT: '0x50', VERSION: '1.10', YES: 'true', DOLLAR: '$x' });
  assert.deepEqual([config.workers.count, config.agent.enabled, config.startup.timeout], ['auto', false, 90_000]);
});

test('a replacement that fails is an error at its value', (t) => {
  const text = 'app:\n  script: server.js\n  port: "${PORT}"\n  args: [a, "${B:?say b}"]\n  hostname: "${C"\n';
  assert.deepEqual(new Workspace(t).errors(text), [
    'cluster.yaml:3:9 app.port: the variable PORT is not set; set it, or write ${PORT:-default}',
    'cluster.yaml:4:13 app.args[1]: the variable B is not set: say b',
    'cluster.yaml:5:13 app.hostname: ${ has no closing }; write $$ for a plain $',
  ]);
});

test('a file that a variable overrides need not be complete', (t) => {
  const { config } = new Workspace(t).config('app: { script: server.js, port: "${PORT}" }\n', {
    EGGCUP__APP__PORT: '1',
  });
  assert.equal(config.app.port, 1);
});

test('secrets and what came from files are not shown', (t) => {
  const space = new Workspace(t);
  space.write('secrets/word', 'hunter2\n');
  space.write('package.json', '{}');
  const text = `app:
  framework: egg
  https: { key: my-secret, cert: "\${file:secrets/word}", passphrase: [my-secret] }
  script: "\${file:secrets/word}"
  port: "\${file:secrets/word}"
`;
  const slipped = 'app:\n  framework: egg\n  https:\n  passphrase: my-secret\n';
  const onOneLine = 'app: { framework: egg, https: "passphrase: my-secret" }\n';
  const texts = [text, text.replace('[my-secret]', 'my-secret'), slipped, onOneLine];
  const lines = texts.flatMap((one) => space.errors(one));
  assert.match(lines.join('\n'), /app\.https: must be a mapping; its value is not shown/);
  assert.match(lines.join('\n'), /app\.port: must be a whole number from 1 to 65535; its value is not shown/);
  assert.match(lines.join('\n'), /app\.https\.key: no such file \(not shown\)/);
  assert.doesNotMatch(lines.join('\n'), /hunter2|my-secret/);
});

test('nothing is suggested that would be refused as well', (t) => {
  const space = new Workspace(t);
  space.write('server.js', '');
  const errors = space.errors('app: { script: server.js }\nworkers: { memoryPerWorker: 0, cpu: "0" }\n');
  assert.equal(errors.length, 2);
  for (const error of errors) assert.doesNotMatch(error, /did you mean/);
});

test('a passphrase of digits from a file stays text', (t) => {
  const space = new Workspace(t);
  for (const name of ['package.json', 'key.pem', 'cert.pem']) space.write(name, '{}');
  space.write('pass', '12345\n');
  const https = '{ key: key.pem, cert: cert.pem, passphrase: "${file:pass}" }';
  const { config } = space.config(`app: { framework: egg, https: ${https} }\n`);
  const paths = { key: space.path('key.pem'), cert: space.path('cert.pem') };
  assert.deepEqual(config.app.https, { ...paths, passphrase: '12345' });
});

test('a long value is shortened', (t) => {
  const [line] = new Workspace(t).errors(`${app}log: { level: ${'x'.repeat(5000)} }\n`);
  assert.match(line ?? '', /got "x{60}…"$/);
});
