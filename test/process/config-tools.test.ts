/** `eggcup check`, `print` and `schema`, as an operator calls them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { join } from 'node:path';
import { folderWith, run, runJson } from '../helpers/cli.js';
import { fixture, projectRoot } from '../helpers/cluster.js';

const good = { 'cluster.yaml': `app: { script: ${fixture('scripts/hello.js')} }\n` };

test('check says whether a config file is right', (t) => {
  const bad = folderWith(t, { 'cluster.yaml': 'app: {}\n' });
  assert.equal(run('cli', ['check'], bad).code, 78);
  assert.match(run('cli', ['check'], bad).stderr, /cluster\.yaml:1:/);
  const folder = folderWith(t, good);
  assert.deepEqual(run('cli', ['check'], folder), { code: 0, stdout: 'cluster.yaml is right\n', stderr: '' });
  assert.equal(run('cli', ['check', '--set', 'workers.count=0'], folder).code, 78);
});

test('check tells a program each fault with its place', (t) => {
  const folder = folderWith(t, { 'cluster.yaml': 'app: { script: no.js }\nworkers:\n  cuont: 2\n' });
  const env = { EGGCUP__WORKERS__MIN: '0' };
  const answer = runJson(['check', '--set', 'workers.max=0'], folder, env) as {
    valid: boolean;
    errors: readonly Record<string, unknown>[];
  };
  assert.equal(answer.valid, false);
  const places = answer.errors.map(({ message: _message, ...place }) => place);
  assert.deepEqual(places, [
    { code: 'ERR_CONFIG', path: 'app.script', file: 'cluster.yaml', line: 1, column: 16 },
    { code: 'ERR_CONFIG', path: 'workers.cuont', file: 'cluster.yaml', line: 3, column: 3 },
    { code: 'ERR_CONFIG', path: 'workers.min', variable: 'EGGCUP__WORKERS__MIN' },
    { code: 'ERR_CONFIG', path: 'workers.max', option: '--set' },
  ]);
  assert.ok(answer.errors.every(({ message }) => typeof message === 'string' && message !== ''));
  const right = folderWith(t, good);
  assert.deepEqual(runJson(['check'], right), { valid: true, file: join(right, 'cluster.yaml'), errors: [] });
});

const rich = {
  'server.js': '',
  passphrase: 'very secret\n',
  'cluster.yaml': [
    'app:',
    '  script: server',
    '  port: "${PORT:-3000}"',
    '  args: ["a b", "", "${NAME}", "#1"]',
    '  env: { VERSION: 1.10, "A.B": "x: y # z", DOLLARS: "a$$b $${NOT} $c", TOKEN: "${file:passphrase}", LINES: "1\\n2" }',
    'health: { dir: health, minReady: 50% }',
    'startup: { timeout: 1.5m }',
    '',
  ].join('\n'),
};

test('a config file that cannot be read is a fault of what names it', (t) => {
  const folder = folderWith(t, {});
  const named = (args: readonly string[], env = {}): unknown => {
    const { errors } = runJson(['check', ...args], folder, env) as { errors: readonly Record<string, unknown>[] };
    return errors.map(({ message: _message, ...place }) => place);
  };
  const fault = { code: 'ERR_CONFIG', path: null };
  assert.deepEqual(named(['--config', 'no.yaml']), [{ ...fault, option: '--config' }]);
  assert.deepEqual(named([], { EGGCUP_CONFIG: '.' }), [{ ...fault, variable: 'EGGCUP_CONFIG' }]);
});

test('print shows the effective config with origins; as text it is a config with the same meaning', (t) => {
  const folder = folderWith(t, rich);
  const env = { NAME: 'eggcup', EGGCUP__WORKERS__COUNT: '3' };
  const { code, stdout } = run('cli', ['print', '--set', 'restart.limit=7'], folder, env);
  assert.equal(code, 0);
  const line = (key: string): string | undefined => stdout.split('\n').find((it) => it.trim().startsWith(`${key}:`));
  assert.match(line('script') ?? '', /script: \/.*\/server\.js +# cluster\.yaml:2:11$/);
  assert.match(line('port') ?? '', /port: 3000 +# cluster\.yaml:3:9$/);
  assert.match(line('count') ?? '', /count: 3 +# EGGCUP__WORKERS__COUNT$/);
  assert.match(line('limit') ?? '', /limit: 7 +# --set$/);
  assert.match(line('timeout') ?? '', /timeout: 1\.5m +# cluster\.yaml:7:21$/);
  assert.match(line('interval') ?? '', /interval: 10s +# default$/);
  assert.ok(!stdout.includes('very secret'));
  assert.match(line('TOKEN') ?? '', /TOKEN: "\*\*\*"/);

  interface Printed {
    readonly file: string;
    readonly config: Readonly<Record<string, unknown>>;
    readonly origins: Readonly<Record<string, string>>;
  }
  const asJson = runJson(['print', '--set', 'restart.limit=7'], folder, env) as Printed;
  assert.equal(asJson.file, join(folder, 'cluster.yaml'));
  assert.deepEqual(Object.assign({}, asJson.config['app']), {
    ...Object.assign({}, asJson.config['app']),
    port: 3000,
    args: ['a b', '', 'eggcup', '#1'],
    env: { VERSION: '1.10', 'A.B': 'x: y # z', DOLLARS: 'a$b ${NOT} $c', TOKEN: '***', LINES: '1\n2' },
  });
  assert.equal(asJson.origins['app.env["A.B"]'], 'cluster.yaml:5:32');
  const again = runJson(['print'], folderWith(t, { 'cluster.yaml': stdout })) as Printed;
  assert.deepEqual(again.config, asJson.config);
});

test('what print shows of a text is that text, also where nothing of it can be seen', (t) => {
  const texts = [
    '',
    ' ',
    '\n',
    '\n\n',
    ' \n',
    '\t\n',
    'a\n',
    '\u00a0',
    'x\u00a0',
    'x\u2028',
    '\ufeff',
    '\u{e0001}',
    'x #y',
    '😀',
  ];
  const env = Object.fromEntries(texts.map((text, index) => [`T${index}`, text]));
  const config = JSON.stringify({ app: { script: fixture('scripts/hello.js'), port: 3000, env, args: texts } });
  const { stdout } = run('cli', ['print'], folderWith(t, { ...good, 'cluster.yaml': config }));
  assert.match(stdout, /T8: "x\\u00a0" /);
  const again = folderWith(t, { ...good, 'cluster.yaml': stdout });
  const printed = runJson(['print'], again) as { readonly config: { readonly app: Readonly<Record<string, unknown>> } };
  assert.deepEqual(printed.config.app['env'], env);
  assert.deepEqual(printed.config.app['args'], texts);
});

test('print masks what the schema calls secret, and says what is wrong in the place of a wrong config', (t) => {
  const https = 'app: { framework: ./f.js, https: { key: key.pem, cert: cert.pem, passphrase: hush } }\n';
  const files = { 'cluster.yaml': https, 'package.json': '{}', 'f.js': '', 'key.pem': '', 'cert.pem': '' };
  const { stdout } = run('cli', ['print'], folderWith(t, files));
  assert.match(stdout, /passphrase: "\*\*\*"/);
  assert.match(stdout, /key: "\*\*\*"/);
  assert.match(stdout, /cert: \/.*cert\.pem/);
  assert.ok(!stdout.includes('hush'));
  assert.equal(run('cli', ['print'], folderWith(t, { 'cluster.yaml': 'app: {}' })).code, 78);
});

test('a reader that goes away is no failure, a device that is full is one', (t) => {
  const folder = folderWith(t, good);
  const tool = `"${process.execPath}" "${join(projectRoot, 'dist/cli.js')}"`;
  const shell = (line: string): { readonly status: number | null; readonly stderr: string } =>
    spawnSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8' });
  const closed = shell(`(sleep 0.3; ${tool} print; echo $? >&2) | true`);
  assert.equal(closed.stderr, '0\n');
  const full = shell(`${tool} check > /dev/full`);
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^eggcup: the answer cannot be written: ENOSPC.*\n$/);
});

test('a pipe that somebody has made non-blocking gets the whole answer', (t) => {
  const folder = folderWith(t, {
    ...good,
    // Fills the pipe, and keeps it as it is until the tool has ended.
    'fill.mjs': `import { existsSync, writeFileSync } from 'node:fs';
      process.stdout._handle.setBlocking(false);
      process.stdout.write('.'.repeat(60000), () => writeFileSync('filled', ''));
      setInterval(() => existsSync('ended') && process.exit(), 20);`,
  });
  const tool = `"${process.execPath}" "${join(projectRoot, 'dist/cli.js')}"`;
  const untilThere = (file: string): string => `until [ -e ${file} ]; do sleep 0.02; done`;
  const writer = `"${process.execPath}" fill.mjs & ${untilThere('filled')}; ${tool} schema; echo $? >&2; touch ended; wait`;
  // The reader waits for what must not happen: that the tool ends before it reads.
  const reader = 'for i in {1..50}; do [ -e ended ] || sleep 0.02; done; cat';
  const { stdout, stderr } = spawnSync('bash', ['-c', `(${writer}) | (${reader})`], { cwd: folder, encoding: 'utf8' });
  assert.equal(stderr, '0\n');
  assert.equal(stdout.slice(60_000), run('cli', ['schema'], folder).stdout);
});

test('the tool answers in a folder that was removed', (t) => {
  const folder = folderWith(t, good);
  const line = `cd gone && rmdir ../gone && exec "$0" "$1" --version`;
  mkdirSync(join(folder, 'gone'));
  const { status, stderr } = spawnSync('bash', ['-c', line, process.execPath, join(projectRoot, 'dist/cli.js')], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
});

test('without a config file it is said that the bundled example is meant', (t) => {
  const folder = folderWith(t, {});
  for (const command of ['check', 'plan', 'print'])
    assert.match(run('cli', [command], folder).stdout, /bundled example/, command);
});

test('--set reaches the cluster that the entrypoint starts', (t) => {
  const folder = folderWith(t, good);
  const { code, stdout } = run('entry', ['--set', 'workers.count=none', '--set', 'log.format=json'], folder);
  assert.equal(code, 78);
  assert.match(stdout, /--set workers\.count: must be \\"auto\\" or a whole number/);
});

test('schema prints the JSON Schema; a word, an option or a command that is none is refused', (t) => {
  const schema = JSON.parse(run('cli', ['schema']).stdout) as { $schema: string };
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  const folder = folderWith(t, good);
  for (const [args, why] of [
    [[], /^usage: eggcup COMMAND/],
    [['nothing'], /unknown command "nothing"\nusage/],
    [['constructor'], /unknown command "constructor"/],
    [['scale'], /eggcup scale: N is missing/],
    [['scale', '2', '3'], /unexpected word "3"/],
    [['scale', '0'], /N must be a whole number from 1 to 1024, got "0"/],
    [['scale', '1025'], /N must be a whole number/],
    [['status', '--json=yes'], /--json takes no value/],
    [['reload', '--watch'], /unknown option "--watch"/],
    [['check', 'cluster.yaml'], /eggcup check: unexpected word "cluster\.yaml"; see eggcup check --help/],
    [['check', '--confg', 'x'], /unknown option "--confg"/],
    [['check', '--cpu', '1m'], /unknown option "--cpu"/],
    [['check', '--config'], /--config needs a value: --config FILE/],
    [['check', '--config', '--format'], /--config needs a value/],
    [['check', '--format', 'xml'], /--format must be text or json, got "xml"/],
  ] as const) {
    const { code, stderr } = run('cli', args, folder);
    assert.equal(code, 78, args.join(' '));
    assert.match(stderr, why);
  }
});

test('each command explains itself', () => {
  for (const name of ['check', 'print', 'plan', 'schema', 'init', 'doctor', 'status', 'reload', 'scale']) {
    const { code, stdout } = run('cli', [name, '--help']);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`usage: eggcup ${name}`));
  }
});
