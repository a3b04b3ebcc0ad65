/** `eggcup init` in the folder of an application that egg-scripts has started so far. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { folderWith, run } from '../helpers/cli.js';

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
  const start = '--timeout=5000 --node-options--max-http-header-size=9000 --node-options--inspect --https.key=a.pem';
  assert.deepEqual(
    egg(t, `egg-scripts start ${start}`, { eggScriptsConfig: { 'node-options--trace-warnings': true } }),
    {
      written: {
        app: { ...app, nodeOptions: ['--trace-warnings', '--max-http-header-size=9000'] },
        startup: { timeout: '5000ms' },
      },
      left: '--node-options--inspect --https.key=a.pem',
    },
  );
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
