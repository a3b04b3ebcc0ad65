/** Every file of helm/eggcup/ci: linted, rendered, and looked at by Kubernetes' schemas and by eggcup. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../helpers/cluster.js';
import {
  type Helm,
  lint,
  type Manifest,
  only,
  type Rendered,
  template,
  testWithHelm,
  variantFile,
  variants,
} from '../helpers/helm.js';
import { assertFitsSchema, podOf, restrictedViolations, unknownKeys } from '../helpers/kubernetes.js';
import { temporaryDirectory } from '../helpers/temporary.js';

for (const variant of variants) {
  testWithHelm(`${variant} passes lint and renders`, (_t, helm) => {
    assert.equal(lint(helm, [variantFile(variant)]), '');
    assert.equal(render(helm, variant).refusal, '');
  });

  testWithHelm(
    `what ${variant} renders fits Kubernetes' schemas and the restricted standard`,
    (_t, helm) => {
      const { manifests } = render(helm, variant);
      for (const manifest of manifests) assertFitsSchema(manifest);
      const pods = manifests.map(podOf).filter((pod) => pod !== undefined);
      assert.ok(pods.length > 0);
      assert.deepEqual(pods.flatMap(restrictedViolations), []);
    },
    ['helm'],
  );

  testWithHelm(
    `the config of ${variant} is right for eggcup`,
    (t, helm) => {
      const rendered = render(helm, variant);
      const folder = temporaryDirectory(t);
      const config = join(folder, 'cluster.yaml');
      writeFileSync(config, only(rendered, 'ConfigMap')['data']['cluster.yaml']);
      writeApplication(folder);
      const env = { ...environmentOf(rendered.manifests), EGGCUP__APP__BASE_DIR: folder };
      const cli = join(projectRoot, 'dist/cli.js');
      const check = spawnSync(process.execPath, [cli, 'check', '--config', config], { encoding: 'utf8', env });
      assert.deepEqual([check.status, check.stderr], [0, '']);
    },
    ['helm'],
  );
}

testWithHelm(
  'the helm before renders the same',
  (_t, helm) => {
    for (const variant of variants) assert.deepEqual(render(helm, variant), render('helm', variant), variant);
  },
  ['helm3'],
);

testWithHelm(
  'no manifest has a key that Kubernetes does not know',
  (_t, helm) => {
    const manifests = variants.flatMap((variant) => render(helm, variant).manifests);
    assert.equal(unknownKeys(manifests), '');
    const [first] = manifests;
    assert.ok(first !== undefined);
    assert.match(unknownKeys([{ ...first, spec: { ...first['spec'], maxUnavaliable: 1 } }]), /maxUnavaliable/);
  },
  ['helm'],
);

testWithHelm(
  'every template is rendered by some variant',
  (_t, helm) => {
    const kinds = variants.flatMap((variant) => render(helm, variant).manifests.map(({ kind }) => kind));
    assert.deepEqual([...new Set(kinds)].toSorted(), [
      'ConfigMap',
      'Deployment',
      'HTTPRoute',
      'HorizontalPodAutoscaler',
      'Ingress',
      'NetworkPolicy',
      'Pod',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
      'ServiceMonitor',
    ]);
  },
  ['helm'],
);

testWithHelm('every variant renders on the oldest Kubernetes of the chart, or says what it needs', (_t, helm) => {
  const refused = variants.filter((variant) => {
    const { manifests, refusal } = template(helm, [variantFile(variant)], ['--kube-version', '1.25.0']);
    assert.doesNotMatch(JSON.stringify(manifests), /matchLabelKeys|unhealthyPodEvictionPolicy/);
    return refusal !== '';
  });
  assert.deepEqual(refused, ['pre-stop-values.yaml']);
  const older = template(helm, [variantFile('script-values.yaml')], ['--kube-version', '1.24.0']);
  assert.match(older.refusal, /requires kubeVersion: >=1\.25\.0-0/);
});

/** Each variant is rendered once by each helm. */
function render(helm: Helm, variant: string): Rendered {
  const key = `${helm} ${variant}`;
  const before = renderedBefore.get(key);
  if (before !== undefined) return before;
  const rendered = template(helm, [variantFile(variant)]);
  renderedBefore.set(key, rendered);
  return rendered;
}

const renderedBefore = new Map<string, Rendered>();

/** The variables that the container gets in the manifest; what the downward API fills in is filled in here. */
function environmentOf(manifests: readonly Manifest[]): Record<string, string> {
  const pod = manifests.map(podOf).find((candidate) => candidate?.containers.some(({ name }) => name === 'app'));
  const app = pod?.containers.find(({ name }) => name === 'app');
  const given = (app?.env ?? []).filter(({ name }) => name !== 'EGGCUP_CONFIG');
  return Object.fromEntries(
    given.map(({ name, value }) => [name, (value ?? '').replace('$(EGGCUP_CPU_REQUEST)', '1500')]),
  );
}

function writeApplication(folder: string): void {
  mkdirSync(join(folder, 'tls'));
  for (const name of ['server.js', 'agent.js', 'package.json', 'tls/tls.key', 'tls/tls.crt'])
    writeFileSync(join(folder, name), '{}');
}
