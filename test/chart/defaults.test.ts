/** What the chart makes of nothing but an image and a script: every default that can be seen, as it is rendered. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../helpers/cluster.js';
import { only, templateWith, testWithHelm, version } from '../helpers/helm.js';
import { type PodSpec, podOf } from '../helpers/kubernetes.js';

const selector = { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/instance': 'shop' };
const podLabels = { ...selector, 'app.kubernetes.io/version': '1' };
const labels = { 'helm.sh/chart': `eggcup-${version}`, 'app.kubernetes.io/managed-by': 'Helm', ...podLabels };
const metadata = { name: 'shop', namespace: 'default', labels };
const securityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
const podSecurityContext = {
  runAsNonRoot: true,
  runAsUser: 1000,
  runAsGroup: 1000,
  fsGroup: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};
const probe = (what: string): object => ({
  exec: { command: ['node', '/app/node_modules/eggcup/dist/probe.js', what] },
  timeoutSeconds: 5,
});

testWithHelm('by default there are these, and no other', (_t, helm) => {
  const { manifests } = templateWith(helm, {});
  const kinds = manifests.map(({ kind }) => kind).toSorted();
  assert.deepEqual(kinds, ['ConfigMap', 'Deployment', 'Pod', 'PodDisruptionBudget', 'Service', 'ServiceAccount']);
});

testWithHelm('the deployment by default', (_t, helm) => {
  const { spec, ...rest } = only(templateWith(helm, {}), 'Deployment');
  assert.deepEqual(rest, { apiVersion: 'apps/v1', kind: 'Deployment', metadata });
  const { template, ...deployment } = spec;
  assert.deepEqual(deployment, {
    replicas: 2,
    revisionHistoryLimit: 3,
    minReadySeconds: 0,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: selector },
  });
  const { 'checksum/config': checksum, ...annotations } = template.metadata.annotations;
  assert.match(checksum, /^[0-9a-f]{64}$/);
  assert.deepEqual(annotations, { 'kubectl.kubernetes.io/default-container': 'app' });
  assert.deepEqual(template.metadata.labels, podLabels);
});

testWithHelm('the pod by default', (_t, helm) => {
  const { containers, topologySpreadConstraints, ...pod } = podSpec(helm) as PodSpec & {
    topologySpreadConstraints: object[];
  };
  assert.equal(containers.length, 1);
  assert.deepEqual(pod, {
    serviceAccountName: 'shop',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 35,
    securityContext: podSecurityContext,
    volumes: [
      { name: 'eggcup-config', configMap: { name: 'shop' } },
      { name: 'eggcup-health', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      { name: 'writable-0', emptyDir: { sizeLimit: '64Mi' } },
    ],
  });
  assert.deepEqual(
    topologySpreadConstraints,
    ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selector },
      matchLabelKeys: ['pod-template-hash'],
    })),
  );
});

testWithHelm('the container by default', (_t, helm) => {
  const [container] = podSpec(helm).containers;
  assert.deepEqual(container, {
    name: 'app',
    image: 'example.com/app:1',
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'EGGCUP_CONFIG', value: '/etc/eggcup/cluster.yaml' },
      { name: 'EGGCUP_HEALTH_DIR', value: '/run/eggcup' },
      { name: 'EGGCUP_GRACE', value: '33s' },
      {
        name: 'EGGCUP_CPU_REQUEST',
        valueFrom: { resourceFieldRef: { containerName: 'app', resource: 'requests.cpu', divisor: '1m' } },
      },
      { name: 'EGGCUP__WORKERS__CPU', value: '$(EGGCUP_CPU_REQUEST)m' },
    ],
    ports: [{ name: 'app', containerPort: 7001 }],
    resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { memory: '512Mi' } },
    securityContext,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'FallbackToLogsOnError',
    startupProbe: { ...probe('started'), periodSeconds: 2, failureThreshold: 32 },
    readinessProbe: { ...probe('ready'), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { ...probe('live'), periodSeconds: 10, failureThreshold: 3 },
    volumeMounts: [
      { name: 'eggcup-config', mountPath: '/etc/eggcup', readOnly: true },
      { name: 'eggcup-health', mountPath: '/run/eggcup' },
      { name: 'writable-0', mountPath: '/tmp' },
    ],
  });
});

testWithHelm('config map, service, service account and disruption budget by default', (_t, helm) => {
  const rendered = templateWith(helm, {});
  assert.deepEqual(parse(only(rendered, 'ConfigMap')['data']['cluster.yaml']), {
    apiVersion: 'eggcup/v1',
    app: { baseDir: '/app', port: 7001, script: 'server.js' },
    startup: { timeout: '60s' },
    shutdown: { delay: '5s', app: '20s', agent: '5s' },
  });
  assert.deepEqual(only(rendered, 'Service'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ClusterIP', selector, ports: [{ name: 'app', port: 80, targetPort: 'app' }] },
  });
  assert.deepEqual(only(rendered, 'ServiceAccount'), {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata,
    automountServiceAccountToken: false,
  });
  assert.deepEqual(only(rendered, 'PodDisruptionBudget')['spec'], {
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
    selector: { matchLabels: selector },
  });
});

testWithHelm('helm test asks the service by default, as restricted as the application', (_t, helm) => {
  const { metadata: test, spec } = only(templateWith(helm, {}), 'Pod');
  assert.deepEqual(test.annotations, {
    'helm.sh/hook': 'test',
    'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
  });
  assert.notEqual(
    test.labels?.['app.kubernetes.io/name'],
    selector['app.kubernetes.io/name'],
    'no traffic for the test',
  );
  assert.deepEqual(spec.securityContext, podSecurityContext);
  assert.deepEqual(spec.containers[0].securityContext, securityContext);
  assert.equal(spec.containers[0].command.at(-1), 'http://shop:80/');
});

testWithHelm('what is on, is with these defaults', (_t, helm) => {
  const rendered = templateWith(helm, {
    hpa: { enabled: true },
    networkPolicy: { enabled: true },
    ingress: { enabled: true, hosts: [{ paths: [{ path: '/' }] }] },
    httpRoute: { enabled: true, parentRefs: [{ name: 'public' }] },
    preStop: { seconds: 5 },
    config: { shutdown: { delay: '0s' } },
  });
  const name = 'shop';
  assert.deepEqual(only(rendered, 'HorizontalPodAutoscaler')['spec'], {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  });
  assert.equal('replicas' in only(rendered, 'Deployment')['spec'], false, 'the autoscaler decides');
  assert.deepEqual(only(rendered, 'NetworkPolicy')['spec'], {
    podSelector: { matchLabels: selector },
    policyTypes: ['Ingress'],
    ingress: [{ ports: [{ port: 'app', protocol: 'TCP' }] }],
  });
  const backend = { service: { name, port: { name: 'app' } } };
  assert.deepEqual(only(rendered, 'Ingress')['spec'], {
    rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
  });
  assert.deepEqual(only(rendered, 'HTTPRoute')['spec'], {
    parentRefs: [{ name: 'public' }],
    rules: [{ backendRefs: [{ name, port: 80 }], matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
  });
  const [container] = podOf(only(rendered, 'Deployment'))?.containers ?? [];
  assert.deepEqual(container?.['lifecycle'], { preStop: { sleep: { seconds: 5 } } });
});

testWithHelm('a service monitor that is on, is with these defaults', (_t, helm) => {
  const rendered = templateWith(helm, { serviceMonitor: { enabled: true }, probes: { mode: 'http' } });
  const { apiVersion, metadata: monitor, spec } = only(rendered, 'ServiceMonitor');
  assert.equal(apiVersion, 'monitoring.coreos.com/v1');
  assert.deepEqual(monitor, metadata);
  assert.deepEqual(spec, {
    selector: { matchLabels: selector },
    endpoints: [{ port: 'health', path: '/metrics', interval: '30s', scrapeTimeout: '10s' }],
  });
});

testWithHelm("what the chart assumes where config says nothing are eggcup's own defaults", (_t, helm) => {
  const schema = JSON.parse(readFileSync(join(projectRoot, 'dist/cluster.schema.json'), 'utf8')) as Schema;
  const own = (...path: string[]): string =>
    path.reduce<Schema | undefined>((node, name) => node?.properties?.[name], schema)?.default ?? '';
  const silent = podSpec(helm, {
    config: { startup: { timeout: null }, shutdown: { delay: null, app: null, agent: null } },
  });
  const said = podSpec(helm, {
    config: {
      startup: { timeout: own('startup', 'timeout') },
      shutdown: { delay: own('shutdown', 'delay'), app: own('shutdown', 'app'), agent: own('shutdown', 'agent') },
    },
  });
  assert.deepEqual(silent, said);
  assert.equal(silent.containers[0]?.['terminationMessagePath'], own('terminationLog'));
  const [, health] = podSpec(helm, { probes: { mode: 'http' } }).containers[0]?.ports ?? [];
  assert.deepEqual(health, { name: 'health', containerPort: Number(own('health', 'http', 'port')) });
  assert.equal(own('health', 'http', 'host'), '0.0.0.0');
  assert.equal(own('health', 'dir'), '${EGGCUP_HEALTH_DIR:-/run/eggcup}');
  assert.equal(own('shutdown', 'grace'), '${EGGCUP_GRACE:-30s}');
});

interface Schema {
  readonly default?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

function podSpec(helm: Parameters<typeof templateWith>[0], values: object = {}): PodSpec {
  const pod = podOf(only(templateWith(helm, values), 'Deployment'));
  assert.ok(pod);
  return pod;
}
