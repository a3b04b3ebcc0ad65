import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderWith, run } from '../helpers/cli.js';
import { startCluster, startScript } from '../helpers/cluster.js';
import { freePort } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';

test('--help and --version are answered', () => {
  for (const program of ['entry', 'cli'] as const) {
    assert.match(run(program, ['--help']).stdout, /^usage: /);
    assert.match(run(program, ['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
  }
});

test('a wrong command line is refused with 78 and the remedy', () => {
  for (const [args, why] of [
    [['--confg', 'x'], /unknown option "--confg"; see --help/],
    [['--config'], /--config needs a file/],
    [['--set', 'workers.count=1', 'ls'], /--set is for the cluster; the command "ls" has none/],
    [['-p', 'SIGNOT', 'ls'], /-p needs a signal, as in -p SIGTERM, got "SIGNOT"/],
    [['-g'], /-g is for running a command, and there is none/],
  ] as const) {
    const { code, stderr } = run('entry', args);
    assert.equal(code, 78);
    assert.match(stderr, why);
  }
});

test('all faults of a config file are told at once, as JSON lines with place and remedy, and exit 78', (t) => {
  const dir = folderWith(t, { 'cluster.yaml': 'app:\n  script: nothing.js\nworkers:\n  cuont: 2\n  min: no\n' });
  const { code, stdout } = run('entry', [], dir);
  assert.equal(code, 78);
  const problems = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; problem: string });
  assert.deepEqual(new Set(problems.map(({ event }) => event)), new Set(['boot.failed']));
  const text = problems.map(({ problem }) => problem).join('\n');
  assert.match(text, /cluster\.yaml:2:11 app\.script: .*nothing\.js/);
  assert.match(text, /cluster\.yaml:4:3 .*cuont.*did you mean "?count/);
  assert.match(text, /cluster\.yaml:5:8 workers\.min: /);
});

test('a wrong config file leaves its faults in the termination log that it names', (t) => {
  const dir = folderWith(t, { 'cluster.yaml': 'app: { script: 3 }\nterminationLog: termination-log\n' });
  writeFileSync(join(dir, 'termination-log'), '');
  assert.equal(run('entry', [], dir).code, 78);
  assert.match(readFileSync(join(dir, 'termination-log'), 'utf8'), /code 78: cluster\.yaml:1:16 app\.script: /);
});

test('a framework that is not installed is refused with 78, where and how to get it', (t) => {
  const dir = folderWith(t, { 'cluster.yaml': 'app:\n  framework: no-such-framework\n' });
  writeFileSync(join(dir, 'package.json'), '{}');
  const { code, stdout } = run('entry', [], dir);
  assert.equal(code, 78);
  assert.match(
    stdout,
    /no-such-framework\\" is not found from app\.baseDir .*nor from .*\(npm install no-such-framework\)/,
  );
});

test('SIGUSR1 opens no inspector', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  cluster.signal('SIGUSR1');
  await cluster.untilLogged('signal.ignored', { signal: 'SIGUSR1' });
  assert.ok(!cluster.errors.includes('Debugger listening'));
  assert.equal(await cluster.stop(), 0);
});

test('pretty lines are for people', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { log: { format: 'pretty', level: 'info' } });
  await cluster.untilReady();
  assert.equal(await cluster.stop(), 0);
  assert.match(cluster.output, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}cluster\.ready: .* workers=2/m);
});

test('a package.json that cannot be read is refused with 78 and its path', async (t) => {
  const baseDir = temporaryDirectory(t);
  writeFileSync(join(baseDir, 'package.json'), '{ "name": "x", }');
  const cluster = startCluster(t, { config: { app: { baseDir, framework: 'egg', port: await freePort() } } });
  assert.equal(await cluster.ended(), 78);
  assert.match(String(cluster.logged('boot.failed')[0]?.['problem']), /package\.json cannot be read: .*; mend it$/);
});
