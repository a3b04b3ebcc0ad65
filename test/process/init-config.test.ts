/** `eggcup init`: what it writes for a folder is right, and starts. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
  const env = { NODE_ENV: 'production' };
  assert.deepEqual(app, { script: 'src/main.js', port: '${PORT:-8080}', nodeOptions, env });
  assert.deepEqual(agent, { script: 'agent.js' });
});

test('the main file, or a usual name; a fixed port, one of the Dockerfile, or none', (t) => {
  const main = folderWith(t, { 'package.json': '{"main":"lib"}', 'lib/index.js': 'http.createServer(f).listen(4000)' });
  assert.deepEqual(written(main).app, { script: 'lib', port: 4000 });
  const usual = folderWith(t, { 'app.js': '', Dockerfile: 'FROM node\nEXPOSE 5000\n' });
  assert.deepEqual(written(usual).app, { script: 'app.js', port: '${PORT:-5000}' });
  assert.deepEqual(written(folderWith(t, { 'server.js': '' })).app, { script: 'server.js' });
  const bundler = folderWith(t, { 'package.json': '{"scripts":{"start":"vite preview"}}', 'index.mjs': '' });
  assert.deepEqual(written(bundler).app, { script: 'index.mjs' });
});

test('of a start line: the last program, not the value of an option; its arguments and its port', (t) => {
  const start = (line: string): unknown => {
    const files = {
      'package.json': JSON.stringify({ scripts: { start: line } }),
      'server.js': '',
      'lib/server.js': '',
      'x.mjs': '',
      '.env': '',
    };
    return written(folderWith(t, files)).app;
  };
  const script = 'server.js';
  assert.deepEqual(start('node -r ./x.mjs server.js'), { script, nodeOptions: ['-r', './x.mjs'] });
  assert.deepEqual(start('node --import=./x.mjs server.js'), { script, nodeOptions: ['--import=./x.mjs'] });
  assert.deepEqual(start('node --env-file .env server.js'), { script, nodeOptions: ['--env-file', '.env'] });
  assert.deepEqual(start('node server.js --flag "a b" $X'), { script, args: ['--flag', 'a b', '${X:-}'] });
  assert.deepEqual(start('node x.mjs && node server.js'), { script });
  assert.deepEqual(start('cross-env PORT=8138 node server'), { script: 'server', port: '${PORT:-8138}' });
  assert.deepEqual(start('cd lib && node server.js'), { script: 'lib/server.js' });
});

test('what only a shell or a developer has a use for is left out, and said', (t) => {
  const start = (line: string): readonly [unknown, string | undefined] => {
    const folder = folderWith(t, { 'package.json': JSON.stringify({ scripts: { start: line } }), 'server.js': '' });
    const { stdout } = run('cli', ['init'], folder);
    const { app } = parse(readFileSync(join(folder, 'cluster.yaml'), 'utf8')) as Written;
    return [app, /left out: (.*)$/m.exec(stdout)?.[1]];
  };
  const script = 'server.js';
  assert.deepEqual(start('A=1 B="$HOME x" node --watch server.js --port $PORT > log.txt 2>&1'), [
    { script, args: ['--port', '${PORT:-}'], env: { A: '1', B: '${HOME:-} x' } },
    '--watch > log.txt 2>&1',
  ]);
  assert.deepEqual(start('node --inspect=0.0.0.0:9229 --watch-path src --no-warnings server.js'), [
    { script, nodeOptions: ['--no-warnings'] },
    '--inspect=0.0.0.0:9229 --watch-path src',
  ]);
  assert.deepEqual(start('PORT=$OTHER NODE_OPTIONS="--inspect --no-warnings" A=`date` node server.js ${P-1} ${P%.*}'), [
    { script },
    'PORT=$OTHER NODE_OPTIONS="--inspect --no-warnings" A=`date` ${P-1} ${P%.*}',
  ]);
  const words = `'$X' "\${Y:-80}" \${Z} $(date) &>>x`;
  assert.deepEqual(start(`node server.js ${words} & wait`), [
    { script, args: ['$$X', '${Y:-80}', '${Z:-}'] },
    'wait $(date) &>>x',
  ]);
});

test('a start line that is not understood is named as a whole', (t) => {
  for (const start of ['pm2 start server.js -i 4', 'node --import tsx main.ts', 'nodemon']) {
    const folder = folderWith(t, { 'package.json': JSON.stringify({ scripts: { start } }), 'server.js': '' });
    const { stdout } = run('cli', ['init'], folder);
    assert.ok(stdout.includes(`left out: ${start}\n`), stdout);
  }
});

test('what is commented out, is no port, or is no JavaScript does not count', (t) => {
  const port = (text: string): unknown => written(folderWith(t, { 'server.js': text })).app['port'];
  assert.equal(port('/* app.listen(5555) */ server.listen(8152); // .listen(1)'), 8152);
  assert.equal(port('fetch("http://x"); server.listen(8153)'), 8153);
  assert.equal(port('server.listen(process.env.PORT || 99999)'), '${PORT:-3000}');
  const files = { 'package.json': '{"main":"src/main.ts"}', 'src/main.ts': '', 'index.js': '' };
  assert.deepEqual(written(folderWith(t, files)).app, { script: 'index.js' });
});

test('names that YAML or the replacement would take for something else are written so that they stay', (t) => {
  for (const main of ['a${HOME}$.js', 'a\nb.js', '# x.js', '-x.js', 'a: b.js', "it's.js"]) {
    const folder = folderWith(t, { 'package.json': JSON.stringify({ main }), [main]: '' });
    written(folder);
    const { config } = runJson(['print'], folder) as { config: { app: { script: string } } };
    assert.equal(config.app.script, join(folder, main));
  }
});

test('a package.json that is none is refused with its fault, and nothing is left behind', (t) => {
  for (const text of ['{"main":', 'null']) {
    const folder = folderWith(t, { 'package.json': text, 'server.js': '' });
    const { code, stderr } = run('cli', ['init'], folder);
    assert.equal(code, 78);
    assert.match(stderr, /package\.json (?:cannot be read|is no package\.json)/);
    assert.deepEqual(readdirSync(folder).toSorted(), ['package.json', 'server.js']);
  }
  const elsewhere = folderWith(t, { 'server.js': '' });
  assert.match(run('cli', ['init'], elsewhere, { EGGCUP_CONFIG: 'mine.yaml' }).stdout, /^wrote mine\.yaml/);
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

test('where there is nothing to run it says what it has looked for', (t) => {
  const unbuilt = folderWith(t, { 'package.json': '{"main":"dist/main.js"}' });
  assert.match(run('cli', ['init'], unbuilt).stderr, /names neither egg nor a program that is there .* build it first/);
  assert.match(run('cli', ['init'], folderWith(t, {})).stderr, /there is no package\.json, and no server\.js/);
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
  writeFileSync(file, text.replaceAll(/^# ((?: {2})?\w+:(?: \S.*)?)$/gm, '$1').replace(/^ {2}port: 3000 .*\n/m, ''));
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
