import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { ConfigError } from '#eggcup/config/config-error.js';
import { loadConfig } from '#eggcup/config/load.js';

const root = new URL('../../../', import.meta.url);
const schema: unknown = JSON.parse(readFileSync(new URL('dist/cluster.schema.json', root), 'utf8'));
const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
  .addVocabulary(['secret', 'unit'])
  .compile(isObject(schema) ? schema : {});

const script = 'app: { script: server.js }';

const good = [
  script,
  'apiVersion: eggcup/v1\napp: { framework: egg, port: 7001, hostname: 0.0.0.0 }',
  'app: { script: server.js, port: "${PORT:-7001}", args: ["", "${PORT:-1}"], env: { A: 1, B: true, C: x } }',
  'app: { framework: egg, https: { key: server.js, cert: server.js, passphrase: "${file:server.js}x" } }',
  `${script}\nworkers:\nhealth:\n`,
  `${script}\nworkers: { count: 4, rounding: ceil, memoryPerWorker: 1.5Gi, heap: off }`,
  `${script}\nworkers: { cpu: 1500m }`,
  `${script}\nshutdown: { delay: 0s }\nstartup: { timeout: 10s }\nhealth: { interval: 0.5s }`,
  `${script}\nworkers: { count: "\${N:-auto}", heap: 512Mi, followQuota: false, recycle: { maxRequests: 5, maxAge: 1h, maxRss: 1Gi, jitter: 5% } }`,
  `${script}\nhealth: { minReady: 50%, interval: 1500ms, failures: "\${F:-3}" }`,
  `${script}\nagent: { enabled: false }\nstartup: { timeout: "\${T:-60}s", parallel: 2 }`,
  `${script}\nhealth: { http: { enabled: true, host: "::", port: "\${HEALTH_PORT:-7002}" } }`,
  `${script}\nlisten: { strategy: roundRobin, sticky: none }\ncontrol: { enabled: true, socket: c.sock }`,
  `${script}\nlog: { level: silent, format: pretty }\nterminationLog: /tmp/reason`,
];

for (const text of good) {
  test(`the schema and the loader accept: ${text.replaceAll('\n', '; ')}`, (t) => {
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
    assert.equal(refusal(t, text), undefined);
  });
}

const bad = [
  'log: { level: info }',
  'app:',
  'app: { framework: egg, script: server.js }',
  'app: { port: 7001 }',
  'app: { script: server.js, port: "7001" }',
  'app: { script: server.js, port: 0 }',
  'app: { script: server.js, prot: 1 }',
  'app: { script: "" }',
  'app: { script: server.js, args: [1] }',
  'app: { script: server.js, args: a }',
  'app: { script: server.js, env: { A: [] } }',
  'app: { script: server.js, env: { A=B: x } }',
  'app: { framework: egg, https: { key: server.js } }',
  `${script}\nextra: 1`,
  `${script}\nworkers: 4`,
  `${script}\nworkers: { count: fuor }`,
  `${script}\nworkers: { count: 1.5 }`,
  `${script}\nworkers: { memoryPerWorker: 512 }`,
  `${script}\nworkers: { heap: 512MB }`,
  `${script}\nworkers: { cpu: 1.5 }`,
  `${script}\nworkers: { recycle: { maxRss: 5 } }`,
  `${script}\nhealth: { minReady: 120% }`,
  `${script}\nhealth: { http: { enabled: "yes" } }`,
  `${script}\nhealth: { http: { port: 0 } }`,
  `${script}\nstartup: { timeout: 60 }`,
  `${script}\nstartup: { timeout: -1s }`,
  `${script}\nstartup: { timeout: 0s }`,
  `${script}\nhealth: { interval: 0.0m }`,
  `${script}\nworkers: { cpu: 0m }`,
  `${script}\nlog: { level: inof }`,
  `${script}\nlog: { level: }`,
  `${script}\nlisten: { sticky: cookie }`,
  `${script}\ncontrol: { enabled: "on" }`,
  `${script}\ncontrol: { socket: "" }`,
  `${script}\napiVersion: eggcup/v2`,
];

for (const text of bad) {
  test(`the schema and the loader refuse: ${text.replaceAll('\n', '; ')}`, (t) => {
    assert.equal(validate(parse(text)), false);
    assert.ok(refusal(t, text) instanceof ConfigError);
  });
}

test('the schema says which version it is of, and describes every key', () => {
  assert.ok(isObject(schema));
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  assert.match(String(schema['$id']), /^https:.*cluster\.schema\.json$/);
  for (const [path, property] of keysOf(schema)) assert.ok(property['description'], path);
});

test('every key of the format is in the schema, and no other', () => {
  const keys = `apiVersion
    app app.baseDir app.framework app.script app.args app.ready app.port app.hostname app.unixSocket
    app.https app.https.key app.https.cert app.https.ca app.https.passphrase app.require app.env app.nodeOptions
    agent agent.script agent.ready agent.enabled
    workers workers.count workers.min workers.max workers.rounding workers.cpu workers.memoryPerWorker
    workers.heap workers.standby workers.followQuota workers.recycle workers.recycle.maxRequests workers.recycle.maxAge workers.recycle.maxRss workers.recycle.jitter
    listen listen.strategy listen.sticky startup startup.timeout startup.parallel
    health health.dir health.interval health.failures health.minReady health.workerTimeout
    health.http health.http.enabled health.http.host health.http.port
    reload reload.watch restart restart.limit restart.duration restart.backoff restart.backoff.initial restart.backoff.max
    shutdown shutdown.delay shutdown.app shutdown.agent shutdown.grace
    log log.level log.format control control.enabled control.socket terminationLog`;
  assert.deepEqual(
    keysOf(schema).map(([path]) => path),
    keys.split(/\s+/),
  );
});

test('secrets are marked', () => {
  const secrets = keysOf(schema).filter(([, property]) => property['secret'] === true);
  assert.deepEqual(
    secrets.map(([path]) => path),
    ['app.https.key', 'app.https.passphrase'],
  );
});

test('every default passes the schema', () => {
  assert.ok(validate({ ...defaultsOf(schema), app: { script: 'server.js' } }), JSON.stringify(validate.errors));
});

test('the page of keys is what the schema says', () => {
  const program = fileURLToPath(new URL('scripts/write-docs.mjs', root));
  const { status, stderr } = spawnSync(process.execPath, [program, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('the first example of the page is valid', () => {
  const page = readFileSync(new URL('docs/configuration.md', root), 'utf8');
  const [, example] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  assert.ok(validate(parse(example ?? '')), JSON.stringify(validate.errors));
});

function refusal(t: TestContext, text: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'eggcup-schema-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['server.js', 'package.json']) writeFileSync(join(folder, name), '{}');
  const file = join(folder, 'cluster.yaml');
  writeFileSync(file, text);
  try {
    loadConfig({ file, env: {}, cwd: folder, exampleFile: file });
    return undefined;
  } catch (error) {
    return error;
  }
}

type Properties = Readonly<Record<string, unknown>>;

function keysOf(node: unknown, path: readonly string[] = []): (readonly [string, Properties])[] {
  const keys: (readonly [string, Properties])[] = [];
  for (const [name, property] of propertiesOf(node)) {
    const here = [...path, name];
    keys.push([here.join('.'), property], ...keysOf(property, here));
  }
  return keys;
}

function defaultsOf(node: unknown): Properties {
  const defaults: Record<string, unknown> = {};
  for (const [name, property] of propertiesOf(node)) {
    if (property['properties'] !== undefined && property['default'] !== undefined)
      defaults[name] = defaultsOf(property);
    else if (property['default'] !== undefined) defaults[name] = property['default'];
  }
  return defaults;
}

function propertiesOf(node: unknown): (readonly [string, Properties])[] {
  const properties = isObject(node) ? node['properties'] : undefined;
  if (!isObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, value]) => (isObject(value) ? [[name, value] as const] : []));
}

function isObject(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
