/** What values do that are not at their default. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../helpers/cluster.js';
import {
  VALID,
  chart,
  only,
  render,
  template,
  templateWith,
  testWithHelm,
  variantFile,
  version,
} from '../helpers/helm.js';
import { partsOf } from '../helpers/kubernetes.js';
import { temporaryDirectory } from '../helpers/temporary.js';

const pre = (seconds: number): object => ({ seconds, handler: { exec: { command: ['sleep', String(seconds)] } } });

/** Values, and then terminationGracePeriodSeconds and EGGCUP_GRACE. */
const times: readonly (readonly [object, number, string])[] = [
  [{}, 35, '33s'],
  [{ config: { shutdown: { app: '1.5m' } } }, 105, '103s'],
  [{ config: { shutdown: { delay: '0s', app: '1500ms', agent: '1ms' } } }, 7, '5s'],
  [{ config: { shutdown: { delay: '0s' } }, preStop: pre(10) }, 40, '28s'],
  [{ config: { shutdown: { app: '1h' } } }, 3615, '3613s'],
  [{ config: { shutdown: { grace: '45s' } } }, 50, '48s'],
  [{ terminationMarginSeconds: 2 }, 32, '30s'],
  [{ terminationGracePeriodSeconds: 300 }, 300, '298s'],
];

for (const [values, period, grace] of times)
  testWithHelm(`${JSON.stringify(values)} gives a pod ${period} s to end, and eggcup ${grace}`, (t, helm) => {
    const rendered = templateWith(helm, values);
    const { pod, app } = partsOf(rendered);
    assert.equal(pod.terminationGracePeriodSeconds, period);
    assert.equal(app.env?.find(({ name }) => name === 'EGGCUP_GRACE')?.value, grace);
    // eggcup's own sum must fit as well.
    const folder = temporaryDirectory(t);
    const file = join(folder, 'cluster.yaml');
    writeFileSync(file, only(rendered, 'ConfigMap')['data']['cluster.yaml']);
    writeFileSync(join(folder, 'server.js'), '');
    const env = { EGGCUP_GRACE: grace, EGGCUP__APP__BASE_DIR: folder };
    const cli = join(projectRoot, 'dist/cli.js');
    const { stderr } = spawnSync(process.execPath, [cli, 'check', '--config', file], { encoding: 'utf8', env });
    assert.equal(stderr, '');
  });

testWithHelm('the startup probe waits longer than eggcup does', (_t, helm) => {
  const probe = { startup: { periodSeconds: 7 } };
  const { app } = partsOf(templateWith(helm, { config: { startup: { timeout: '90s' } }, probes: probe }));
  assert.equal(app['startupProbe'].failureThreshold, Math.ceil(90 / 7) + 2);
});

testWithHelm('a change of the config changes the pods, a new version of the chart does not', (_t, helm) => {
  const podTemplate = (values: object): string =>
    JSON.stringify(only(templateWith(helm, values), 'Deployment')['spec'].template);
  assert.notEqual(podTemplate({}), podTemplate({ config: { log: { level: 'debug' } } }));
  assert.doesNotMatch(podTemplate({}), /helm\.sh\/chart/);
});

testWithHelm('the health folder is a volume in memory, where config says', (_t, helm) => {
  const { pod, app } = partsOf(templateWith(helm, { config: { health: { dir: '/run/h' } }, healthDirSize: '4Mi' }));
  assert.deepEqual(
    app['volumeMounts'].find(({ name }: { name: string }) => name === 'eggcup-health'),
    { name: 'eggcup-health', mountPath: '/run/h' },
  );
  assert.deepEqual(
    pod.volumes?.find(({ name }) => name === 'eggcup-health'),
    { name: 'eggcup-health', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
  );
  assert.equal(app.env?.find(({ name }) => name === 'EGGCUP_HEALTH_DIR')?.value, '/run/h');
});

testWithHelm('names and paths that YAML would take for something else stay what they are', (_t, helm) => {
  const dir = '/run/a b: #c';
  const rendered = templateWith(helm, { fullnameOverride: 'null', config: { health: { dir } } });
  assert.equal(rendered.refusal, '');
  const names = rendered.manifests.map(({ metadata }) => metadata.name);
  assert.deepEqual(new Set(names), new Set(['null', 'null-test']));
  const { app } = partsOf(rendered);
  assert.equal(app.env?.find(({ name }) => name === 'EGGCUP_HEALTH_DIR')?.value, dir);
});

testWithHelm('the CPU request is not handed on where nobody wants it', (_t, helm) => {
  const { app } = partsOf(templateWith(helm, { cpuRequestAsQuota: false }));
  assert.deepEqual(
    app.env?.map(({ name }) => name),
    ['EGGCUP_CONFIG', 'EGGCUP_HEALTH_DIR', 'EGGCUP_GRACE'],
  );
});

/** Requests and limits that are fair, in all the ways that Kubernetes can read. */
const fair: readonly (readonly [object, object])[] = [
  [{ cpu: 0.5 }, { cpu: '500m' }],
  [{ cpu: 1.1 }, { cpu: '1100m' }],
  [{ cpu: '1e3' }, { cpu: '1k' }],
  [{ cpu: '100u' }, { cpu: '.1' }],
  [{ cpu: 2 }, { cpu: 2 }],
  [{ cpu: null }, { cpu: 2 }],
  [{ memory: '1e9' }, { memory: '1G' }],
  [{ memory: 1e9 }, { memory: 1e9 }],
  [{ memory: '1024Gi' }, { memory: '1Ti' }],
  [{ memory: '1.5Gi' }, { memory: '1536Mi' }],
  [{ memory: '1E3' }, { memory: '1Ki' }],
];

for (const [requests, limits] of fair)
  testWithHelm(
    `requests ${JSON.stringify(requests)} are not more than limits ${JSON.stringify(limits)}`,
    (_t, helm) => {
      const { app } = partsOf(templateWith(helm, { resources: { requests, limits } }));
      const [name, limit] = Object.entries(limits)[0] as [string, unknown];
      assert.equal(app['resources'].limits[name], limit);
    },
  );

testWithHelm('no resources are no resources, where the CPU request is not asked for', (_t, helm) => {
  const { app } = partsOf(templateWith(helm, { resources: null, cpuRequestAsQuota: false }));
  assert.equal(app['resources'], undefined);
});

testWithHelm('root is allowed to who says so, and the container’s user stands before the pod’s', (_t, helm) => {
  for (const values of [
    { podSecurityContext: { runAsUser: 0, runAsNonRoot: false } },
    { podSecurityContext: { runAsUser: 0 }, securityContext: { runAsNonRoot: false } },
    { podSecurityContext: { runAsUser: 0 }, securityContext: { runAsUser: 1000 } },
  ])
    assert.equal(templateWith(helm, values).refusal, '', JSON.stringify(values));
});

testWithHelm('as a dependency it is switched by its value `enabled`', (t, helm) => {
  const parent = temporaryDirectory(t);
  cpSync(chart, join(parent, 'charts/eggcup'), { recursive: true });
  const dependency = { name: 'eggcup', version, condition: 'eggcup.enabled' };
  const about = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies: [dependency] };
  writeFileSync(join(parent, 'Chart.yaml'), JSON.stringify(about));
  const countWith = (enabled: boolean): number => {
    writeFileSync(join(parent, 'values.yaml'), JSON.stringify({ global: { a: 1 }, eggcup: { ...VALID, enabled } }));
    const { manifests, refusal } = render(helm, ['shop', parent]);
    assert.equal(refusal, '');
    return manifests.length;
  };
  assert.deepEqual([countWith(true), countWith(false)], [templateWith(helm, {}).manifests.length, 0]);
});

testWithHelm('whatever else can be set arrives where it belongs', (_t, helm) => {
  const rendered = template(helm, [variantFile('everything-values.yaml')]);
  const { pod, app } = partsOf(rendered);
  const deployment = only(rendered, 'Deployment');
  assert.equal(deployment.metadata.name, 'web-shop');
  assert.equal(deployment.metadata.labels?.['team'], 'shop');
  assert.equal(deployment['spec'].replicas, 1);
  assert.deepEqual(deployment['spec'].strategy, { type: 'Recreate' });
  assert.equal(deployment['spec'].minReadySeconds, 10);
  assert.equal(deployment['spec'].revisionHistoryLimit, 1);
  const { labels, annotations } = deployment['spec'].template.metadata;
  assert.deepEqual([labels.tier, labels.team, annotations['example.com/owner']], ['web', 'shop', 'shop']);

  assert.match(app['image'], /^registry\.example\.com:5000\/team\/shop:1\.4\.2@sha256:[0-9a-f]{64}$/);
  assert.equal(app['imagePullPolicy'], 'Always');
  assert.deepEqual(app['command'], ['node', '/app/node_modules/eggcup/dist/entry.js']);
  assert.deepEqual(app['args'], ['--config', '/etc/eggcup/cluster.yaml']);
  assert.deepEqual(app['ports'], [{ name: 'app', containerPort: 9000 }]);
  assert.equal(app['resizePolicy'].length, 2);
  assert.deepEqual([app['startupProbe'], app['readinessProbe'], app['livenessProbe']], Array(3).fill(undefined));
  assert.deepEqual([app['terminationMessagePath'], app['terminationMessagePolicy']], ['/tmp/reason', 'File']);
  assert.deepEqual(
    app.env?.slice(-2).map(({ name }) => name),
    ['PORT', 'PASSWORD'],
  );
  assert.deepEqual(app['envFrom'], [{ configMapRef: { name: 'shop-env' } }]);

  assert.equal(pod.terminationGracePeriodSeconds, 120);
  assert.equal(pod.initContainers?.[0]?.name, 'migrate');
  const { imagePullSecrets, serviceAccountName, automountServiceAccountToken, nodeSelector, priorityClassName } =
    pod as unknown as Record<string, unknown>;
  assert.deepEqual(
    { imagePullSecrets, serviceAccountName, automountServiceAccountToken, nodeSelector, priorityClassName },
    {
      imagePullSecrets: [{ name: 'registry' }],
      serviceAccountName: 'robot',
      automountServiceAccountToken: true,
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      priorityClassName: 'business',
    },
  );
  assert.ok('affinity' in pod && 'tolerations' in pod && !('topologySpreadConstraints' in pod));
  const service = only(rendered, 'Service');
  assert.deepEqual(service['spec'].ports, [{ name: 'app', port: 8080, targetPort: 'app', nodePort: 30_080 }]);
  assert.deepEqual(service.metadata.annotations, { team: 'shop' });
  assert.deepEqual(
    rendered.manifests.map(({ kind }) => kind),
    ['ConfigMap', 'Service', 'Deployment', 'Pod'],
  );
  assert.equal(only(rendered, 'Pod')['spec'].containers[0].command.at(-1), 'http://web-shop:8080/health');
  assert.match(only(rendered, 'ConfigMap')['data']['cluster.yaml'], /PRICE: "1\.10"/);
});

testWithHelm('sidecars, volumes and a socket stand beside the application', (_t, helm) => {
  const { pod, app } = partsOf(template(helm, [variantFile('unix-socket-values.yaml')]));
  assert.deepEqual(
    pod.containers.map(({ name }) => name),
    ['app', 'proxy'],
  );
  assert.equal(app.ports, undefined);
  assert.ok(pod.volumes?.some(({ name }) => name === 'socket'));
  assert.ok(app['volumeMounts'].some(({ mountPath }: { mountPath: string }) => mountPath === '/run/shop'));
});

testWithHelm('a network policy lets the pod of helm test in', (_t, helm) => {
  const rendered = template(helm, [variantFile('network-policy-values.yaml')]);
  const { from } = only(rendered, 'NetworkPolicy')['spec'].ingress[0];
  const labels = only(rendered, 'Pod').metadata.labels ?? {};
  const allowed = from.at(-1).podSelector.matchLabels as Record<string, string>;
  assert.ok(Object.entries(allowed).every(([name, value]) => labels[name] === value));
});

testWithHelm('scaling: the autoscaler and the disruption budget', (_t, helm) => {
  const rendered = template(helm, [variantFile('scale-values.yaml')]);
  const { metrics, behavior, minReplicas, maxReplicas } = only(rendered, 'HorizontalPodAutoscaler')['spec'];
  assert.deepEqual([minReplicas, maxReplicas, metrics.length], [3, 30, 3]);
  assert.deepEqual(behavior, { scaleDown: { stabilizationWindowSeconds: 600 } });
  assert.equal(only(rendered, 'PodDisruptionBudget')['spec'].minAvailable, '50%');
});

testWithHelm('HTTPS is asked for as HTTPS', (_t, helm) => {
  const { spec } = only(template(helm, [variantFile('https-values.yaml')]), 'Pod');
  assert.equal(spec.containers[0].command.at(-1), 'https://shop:443/');
});
