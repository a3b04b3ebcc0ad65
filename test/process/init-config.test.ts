/** `eggcup init`: what it writes for a folder is right, and starts. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
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

/** What `init` writes for an egg application whose package.json has this start line, and what it says is left out. */
function egg(
  t: TestContext,
  start: string,
  more: object = {},
): { written: Readonly<Record<string, unknown>>; left?: string } {
  const manifest = { dependencies: { egg: '3' }, scripts: { start, ...SCRIPTS }, ...more };
  const folder = folderWith(t, {
    'package.json': JSON.stringify(manifest),
    'server/package.json': '{}',
    'server/app/package.json': '{}',
    'config/config.default.js': 'exports.cluster = { listen: { port: 8080 } };',
    'server/config/config.default.js': 'exports.cluster = { listen: { port: 8080 } };',
    'x.js': '',
    'server/x.js': '',
    'server/app/x.js': '',
    'server/app/config/config.default.js': 'listen',
  });
  const { stdout, code, stderr } = run('cli', ['init'], folder);
  assert.equal(code, 0, `${start}: ${stderr}`);
  const left = /left out: (.*)$/m.exec(stdout)?.[1];
  const { apiVersion, ...rest } = parse(readFileSync(join(folder, 'cluster.yaml'), 'utf8')) as Record<string, unknown>;
  assert.equal(apiVersion, 'eggcup/v1');
  return left === undefined ? { written: rest } : { written: rest, left };
}

const SCRIPTS = { serve: 'egg-scripts start --port=8001 --workers=3', again: 'npm run again' };

test('what egg-scripts is told: on its line, then in eggScriptsConfig', (t) => {
  const app = { framework: 'egg' };
  assert.deepEqual(egg(t, 'egg-scripts start'), { written: { app } });
  const line = 'NODE_ENV=production egg-scripts start --port=7002 --workers 4 --env=prod --framework=chair --sticky';
  assert.deepEqual(egg(t, `tsc && ${line} ./server --daemon --title=x > /dev/null 2>&1 # all of it`), {
    written: {
      app: {
        framework: 'chair',
        baseDir: 'server',
        port: 7002,
        env: { NODE_ENV: 'production', EGG_SERVER_ENV: 'prod' },
      },
      workers: { count: 4 },
      listen: { sticky: 'address' },
    },
    left: 'tsc --daemon --title=x > /dev/null 2>&1',
  });
  assert.deepEqual(egg(t, 'PORT=80 npx eggctl start -p $PORT -c $N -r ./x.js --sticky=false'), {
    written: { app: { ...app, port: '${PORT:-7001}', require: ['./x.js'] }, workers: { count: '${N:-auto}' } },
  });
  const eggScriptsConfig = { port: 7003, workers: 3, daemon: true, sticky: true, require: ['./x.js'] };
  assert.deepEqual(egg(t, 'egg-scripts start --workers=2 --no-sticky', { eggScriptsConfig }), {
    written: { app: { ...app, port: 7003, require: ['./x.js'] }, workers: { count: 2 } },
    left: 'daemon: true',
  });
});

test('however the line of egg-scripts is written, it means the same, and what is not understood is named', (t) => {
  const [app, workers] = [{ framework: 'egg', port: 8001 }, { count: 3 }];
  const told = { written: { app, workers } };
  for (const line of [
    'egg-scripts --port=8001 --workers=3 start',
    './node_modules/.bin/egg-scripts start --port 8001 -c 3',
    'export PORT=8001; egg-scripts start --workers="3"',
    'cross-env PORT=8001 egg-scripts start --cluster=3',
    'npm run serve',
    'yarn serve',
  ])
    assert.deepEqual(egg(t, line), told, line);
  assert.deepEqual(egg(t, 'cd server && egg-scripts start --port=8001 --workers=3'), {
    written: { app: { ...app, baseDir: 'server' }, workers },
  });
  assert.deepEqual(egg(t, 'cd server && egg-scripts start app').written, {
    app: { framework: 'egg', baseDir: 'server/app' },
  });
  for (const [line, left] of [
    ['egg-scripts start --port=8001 --workers=3 --https.key=a.pem -w 4 nowhere', '--https.key=a.pem -w 4 nowhere'],
    [
      'node --max-old-space-size=2048 node_modules/.bin/egg-scripts start --port=8001 --workers=3',
      '--max-old-space-size=2048',
    ],
    [
      'egg-scripts start --port=8001 --workers=3 --daemon true --verbose yes | tee log',
      'tee log --daemon true --verbose yes',
    ],
  ] as const)
    assert.deepEqual(egg(t, line), { ...told, left }, line);
  assert.deepEqual(egg(t, 'cd /app && egg-scripts start --port=8001 --workers=3'), { ...told, left: 'cd /app' });
  assert.deepEqual(egg(t, 'cd $DIR && egg-scripts start --port=8001 --workers=3'), { ...told, left: 'cd $DIR' });
  assert.deepEqual(egg(t, 'cd nowhere && egg-scripts start --port=8001 --workers=3'), { ...told, left: 'cd nowhere' });
  for (const line of ['npm --prefix server start', 'npm run again', 'cross-env-shell PORT=8000 "egg-scripts start"'])
    assert.deepEqual(egg(t, line), { written: { app: { framework: 'egg' } }, left: line }, line);
});

test('values of egg-scripts mean what they did: variables, quotes, escapes; what is no value is named', (t) => {
  const env = (line: string): unknown => (egg(t, line).written['app'] as { env?: Record<string, string> }).env;
  assert.deepEqual(env("egg-scripts start --env=it\\'s"), { EGG_SERVER_ENV: "it's" });
  assert.deepEqual(env('egg-scripts start --env="a\\"b; \\$c"'), { EGG_SERVER_ENV: 'a"b; $$c' });
  assert.deepEqual(env('A=a\\ b egg-scripts start --env=$STAGE'), { A: 'a b', EGG_SERVER_ENV: '${STAGE:-}' });
  assert.deepEqual(egg(t, 'egg-scripts start --framework=$FW').written, { app: { framework: '${FW:-egg}' } });
  assert.deepEqual(egg(t, 'egg-scripts start', { eggScriptsConfig: { framework: 'a$b' } }).written, {
    app: { framework: 'a$$b' },
  });
  const eggScriptsConfig = { env: { a: 1 }, framework: null, workers: '2', port: true };
  assert.deepEqual(egg(t, 'egg-scripts start', { eggScriptsConfig }), {
    written: { app: { framework: 'egg' }, workers: { count: 2 } },
    left: 'env: {"a":1} framework: null port: true',
  });
  assert.deepEqual(egg(t, 'egg-scripts start', { eggScriptsConfig: null }).written, { app: { framework: 'egg' } });
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
