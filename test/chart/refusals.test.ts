/** How the chart refuses: sections that are null, all at once, and what the schema refuses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../helpers/cluster.js';
import { VALID, chart, render, templateWith, testWithHelm, variantFile } from '../helpers/helm.js';
import { sentencesOf } from '../helpers/refusals.js';

const noDelay = { shutdown: { delay: '0s' } };

testWithHelm('an application is required', (_t, helm) => {
  assert.deepEqual(sentencesOf(templateWith(helm, {}, [], { image: VALID.image }).refusal), [
    'neither config.app.framework nor config.app.script is set: name a framework such as "egg", or the program to run',
  ]);
});

for (const release of ['shop.v1', '1shop'])
  testWithHelm(`a release ${release} is refused where there would be a service of its name`, (_t, helm) => {
    const values = ['--values', variantFile('script-values.yaml')];
    assert.deepEqual(sentencesOf(render(helm, [release, chart, ...values]).refusal), [
      `the release is "${release}", but service.enabled is true and Kubernetes allows no service of this name: set fullnameOverride to small letters, digits and "-" that begin with a letter`,
    ]);
    for (const remedy of ['fullnameOverride=shop', 'service.enabled=false'])
      assert.equal(render(helm, [release, chart, ...values, '--set', remedy]).refusal, '');
  });

const switches = ['service', 'ingress', 'httpRoute', 'hpa', 'pdb', 'networkPolicy', 'serviceMonitor', 'test'];
const needed = ['image', 'config', 'preStop', 'strategy', 'serviceAccount'];

testWithHelm('sections that are null are refused, each with what to write instead', (_t, helm) => {
  const nulls = Object.fromEntries([...switches, ...needed].map((name) => [name, null]));
  const probes = { startup: null, readiness: null, liveness: null, command: null };
  const { refusal } = templateWith(helm, { ...nulls, probes });
  const sentences = sentencesOf(refusal);
  for (const name of [...switches, 'probes.startup', 'probes.readiness', 'probes.liveness'])
    assert.ok(
      sentences.includes(`${name} is null, but the chart is rendered from it: set ${name}.enabled to false`),
      refusal,
    );
  for (const name of [...needed, 'probes.command'])
    assert.ok(
      sentences.includes(
        `${name} is null, but the chart is rendered from it: leave it out, and the chart's default stands`,
      ),
      refusal,
    );
  assert.equal(sentences.length, switches.length + needed.length + 4, refusal);
  assert.match(templateWith(helm, { probes: null }).refusal, / {2}- probes is null, but/);
});

testWithHelm(
  'each value that is null renders, or is refused in a sentence',
  (_t, helm) => {
    for (const path of pathsOf(parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as object)) {
      const { refusal } = templateWith(helm, {}, ['--set', `${path}=null`]);
      if (refusal !== '') assert.notEqual(sentencesOf(refusal).length, 0, `${path}: ${refusal}`);
    }
  },
  ['helm'],
);

testWithHelm('docs/kubernetes.md shows what is printed', (_t, helm) => {
  const values = { preStop: { seconds: 5 }, terminationGracePeriodSeconds: 30 };
  const [, shown] = /```\n(Error: [^`]*)```/.exec(readFileSync(join(projectRoot, 'docs/kubernetes.md'), 'utf8')) ?? [];
  assert.ok(shown);
  assert.ok(templateWith(helm, values).refusal.startsWith(shown), shown);
});

testWithHelm('the sleep of preStop is refused by a Kubernetes that has none', (_t, helm) => {
  const values = { preStop: { seconds: 5 }, config: noDelay };
  assert.deepEqual(sentencesOf(templateWith(helm, values, ['--kube-version', '1.29.4']).refusal), [
    'preStop.seconds 5 needs the sleep of Kubernetes 1.30, but this is v1.29.4: set preStop.handler, or config.shutdown.delay instead',
  ]);
  assert.equal(templateWith(helm, values, ['--kube-version', 'v1.30.1-gke.100']).refusal, '');
});

testWithHelm('everything that is wrong is said at once', (_t, helm) => {
  const { refusal } = templateWith(helm, {
    image: { repository: '' },
    serviceMonitor: { enabled: true },
    preStop: { seconds: 3 },
  });
  assert.equal(sentencesOf(refusal).length, 3, refusal);
});

// Each version of helm has its own words; the path and the word that is wrong are in all of them.
const malformed: readonly (readonly [object, RegExp])[] = [
  [{ replicas: 2 }, /additional.*replicas/i],
  [{ probes: { startup: { period: 2 } } }, /probes[./]startup.*period/],
  [{ image: { name: 'x' } }, /image.*name/],
  [{ config: { worker: { count: 2 } } }, /config.*worker/],
  [{ config: { workers: { cuont: 2 } } }, /config[./]workers.*cuont/],
  [{ config: { workers: { count: 'fuor' } } }, /config[./]workers[./]count/],
  [{ config: { startup: { timeout: 60 } } }, /config[./]startup[./]timeout/],
  [{ replicaCount: '2' }, /replicaCount.*integer/],
  [{ terminationMarginSeconds: 1 }, /terminationMarginSeconds.*2/],
  [{ service: { type: 'ExternalName' } }, /service[./]type/],
  [{ config: { health: { http: { enabled: 'yes' } } } }, /config[./]health[./]http[./]enabled/],
  [{ serviceMonitor: { interval: 30 } }, /serviceMonitor[./]interval/],
  [{ serviceMonitor: { interval: '30s1m' } }, /serviceMonitor[./]interval/],
  [{ serviceMonitor: { interval: '' } }, /serviceMonitor[./]interval/],
  [{ resources: { requests: { cpu: -1 } } }, /resources[./]requests[./]cpu.*0/],
  [{ resources: { requests: { cpu: '-1' } } }, /resources[./]requests[./]cpu/],
  [{ resources: { limits: { memory: '512MB' } } }, /resources[./]limits[./]memory/],
  [{ resources: { limits: { memory: '512ki' } } }, /resources[./]limits[./]memory/],
  [{ resources: { limits: { 'ephemeral-storage': 'much' } } }, /resources[./]limits.*ephemeral-storage/],
  [{ nameOverride: 'Shop One' }, /nameOverride.*pattern/],
  [{ nameOverride: 'a'.repeat(64) }, /nameOverride.*63|63.*nameOverride/i],
  [{ podLabels: { team: 'of the shop' } }, /podLabels.*team/],
  [{ image: { repository: 'example.com/app:1' } }, /image[./]repository/],
];

for (const [values, expected] of malformed)
  testWithHelm(`refused by the schema: ${JSON.stringify(values)}`, (_t, helm) => {
    assert.match(templateWith(helm, values).refusal, expected);
  });

/** Every key of a map and of the maps in it. */
function* pathsOf(map: object, above = ''): Generator<string> {
  for (const [key, value] of Object.entries(map) as [string, unknown][]) {
    yield above + key;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield* pathsOf(value, `${above}${key}.`);
  }
}
