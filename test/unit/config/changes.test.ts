import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { changesBetween, reachable } from '#eggcup/config/changes.js';
import { type LoadedConfig, loadConfig } from '#eggcup/config/load.js';

/** A folder with all the files that a config may name, and what reads a config from it. */
function loader(t: TestContext): (document: object) => LoadedConfig {
  const dir = mkdtempSync(join(tmpdir(), 'eggcup-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['server.js', 'agent.js', 'egg.js', 'key', 'cert']) writeFileSync(join(dir, name), '');
  writeFileSync(join(dir, 'package.json'), '{}');
  return (document) => {
    const file = join(dir, 'cluster.yaml');
    writeFileSync(file, JSON.stringify(document));
    return loadConfig({ file, set: [], env: {}, cwd: dir, exampleFile: file });
  };
}

const app = { script: 'server.js' };

test('what is the same, written otherwise, has not changed', (t) => {
  const load = loader(t);
  const one = load({ app: { ...app, env: { A: '1' } }, startup: { timeout: '60s' }, health: { dir: '/run/h' } });
  const other = load({ app: { ...app, env: { A: 1 } }, startup: { timeout: '60000ms' }, health: { dir: '/run/h' } });
  assert.deepEqual(changesBetween(one, other), []);
});

test('each changed setting is named, in the order of the schema, with what it asks for; secrets are masked', (t) => {
  const framework = { framework: './egg.js' };
  const https = { key: 'key', cert: 'cert', passphrase: 'old' };
  const load = loader(t);
  const one = load({ app: { ...framework, https }, health: { dir: '/run/h' } });
  const other = load({
    app: { ...framework, https: { ...https, passphrase: 'new' }, port: 7002 },
    health: { dir: '/run/h', interval: '1s', minReady: '29%' },
  });
  assert.deepEqual(changesBetween(one, other), [
    { key: 'app.port', from: null, to: 7002, effect: 'container' },
    { key: 'app.https.passphrase', from: '***', to: '***', effect: 'workers' },
    { key: 'health.interval', from: 10_000, to: 1000, effect: 'live' },
    { key: 'health.minReady', from: 1, to: '29%', effect: 'live' },
  ]);
});

test('of variables that have changed the names are told, no values: any may be a secret', (t) => {
  const load = loader(t);
  const one = load({ app: { ...app, env: { URL: 'postgres://u:old@db', TZ: 'UTC', GONE: 'x' } } });
  const other = load({ app: { ...app, env: { URL: 'postgres://u:old@db', TZ: 'CET', NEW: 'y' } } });
  assert.deepEqual(changesBetween(one, other), [
    { key: 'app.env', from: { TZ: '***', GONE: '***' }, to: { TZ: '***', NEW: '***' }, effect: 'processes' },
  ]);
});

test('what takes a new container stays as it was, also where it was not set', (t) => {
  const load = loader(t);
  const one = load({ app, health: { dir: '/run/h' } });
  const other = load({
    app: { ...app, port: 7002, args: ['x'] },
    agent: { script: 'agent.js' },
    health: { dir: '/run/other' },
    log: { format: 'pretty', level: 'debug' },
  });
  const changes = changesBetween(one, other);
  assert.deepEqual(
    changes.filter(({ effect }) => effect === 'container').map(({ key }) => key),
    ['app.port', 'agent.script', 'health.dir', 'log.format'],
  );
  const { config } = one;
  assert.deepEqual(reachable(config, other.config, changes), {
    ...config,
    app: { ...config.app, args: ['x'] },
    log: { level: 'debug', format: 'json' },
  });
});
