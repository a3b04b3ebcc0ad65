/** What cannot be together fails to render, with a sentence that names the values and the remedy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../helpers/cluster.js';
import { VALID, chart, render, templateWith, testWithHelm, variantFile } from '../helpers/helm.js';

const route = { enabled: true, parentRefs: [{ name: 'public' }] };
const host = { host: 'a.example.com', paths: [{ path: '/' }] };
const waits = { exec: { command: ['sleep', '5'] } };
const noDelay = { shutdown: { delay: '0s' } };
const healthHttp = (http: object): object => ({ health: { http } });

const refused: readonly (readonly [object, string])[] = [
  [
    { image: { repository: '' } },
    'image.repository is not set: name the image of your application, which has eggcup as its entrypoint',
  ],
  [
    { image: { tag: '' } },
    'image.tag and image.digest are not set: say which example.com/app is meant, because nobody knows what "latest" is at the next restart',
  ],
  [
    { config: { app: { framework: 'egg' } } },
    'config.app.framework "egg" and config.app.script "server.js" cannot both be set: remove one of them',
  ],
  [
    { config: { shutdown: { app: '${APP_STOP:-10s}' } } },
    'config.shutdown.app is "${APP_STOP:-10s}", which is known only in the container, but the pod\'s times are computed from it: write a duration',
  ],
  [
    { config: { health: { dir: 'health' } } },
    'config.health.dir is "health", but the volume for it needs an absolute path',
  ],
  [
    { writableDirs: [{ path: '/run/eggcup/' }] },
    'writableDirs has "/run/eggcup/" and config.health.dir is "/run/eggcup": the folder of the health files has a volume of its own, remove it from writableDirs',
  ],
  [
    { config: { terminationLog: '${LOG}' } },
    'config.terminationLog is "${LOG}", but the kubelet needs an absolute path',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ enabled: false }) },
    'probes.mode is "http", but config.health.http.enabled is false: remove config.health.http.enabled, or take probes.mode "exec"',
  ],
  [
    { config: healthHttp({ enabled: '${HEALTH_HTTP:-true}' }) },
    'config.health.http.enabled is "${HEALTH_HTTP:-true}", which is known only in the container, but the pod\'s ports and probes are rendered from it: write true or false',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ port: '${HEALTH_PORT}' }) },
    'config.health.http.port is "${HEALTH_PORT}", which is known only in the container, but the pod\'s port "health" is rendered from it: write a number',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ port: 7001 }) },
    'config.health.http.port 7001 is the port of the application as well (config.app.port 7001): change one of them',
  ],
  [
    { containerPort: 7002, config: { app: { port: null }, ...healthHttp({ enabled: true }) } },
    'config.health.http.port 7002 is the port of the application as well (containerPort 7002): change one of them',
  ],
  [
    { probes: { mode: 'http' }, config: healthHttp({ host: '127.0.0.1' }) },
    'probes.mode is "http", but config.health.http.host is "127.0.0.1", where only the pod itself gets an answer: remove config.health.http.host',
  ],
  [
    { serviceMonitor: { enabled: true }, config: healthHttp({ enabled: true, host: '::1' }) },
    'serviceMonitor.enabled is true, but config.health.http.host is "::1", where only the pod itself gets an answer: remove config.health.http.host',
  ],
  [
    { serviceMonitor: { enabled: true } },
    'serviceMonitor.enabled is true, but config.health.http.enabled is false: set that to true, or probes.mode to "http"',
  ],
  [
    { serviceMonitor: { enabled: true }, probes: { mode: 'http' }, service: { enabled: false } },
    'serviceMonitor.enabled is true, but service.enabled is false: there is nothing to find the pods by',
  ],
  [
    { serviceMonitor: { enabled: true }, probes: { mode: 'http' }, service: { type: 'LoadBalancer' } },
    'serviceMonitor.enabled is true, but service.type is "LoadBalancer", which would open the port of the health endpoints to the outside: take service.type "ClusterIP", or a PodMonitor of your own',
  ],
  [
    { serviceMonitor: { enabled: true }, probes: { mode: 'http' }, service: { port: 7002 } },
    'service.port 7002 is config.health.http.port 7002 as well, and serviceMonitor.enabled gives the service both: change one of them',
  ],
  [
    { serviceMonitor: { enabled: true, interval: '5s' }, probes: { mode: 'http' } },
    'serviceMonitor.scrapeTimeout 10s is longer than serviceMonitor.interval 5s: shorten the one or lengthen the other',
  ],
  [
    { probes: { startup: { failureThreshold: 29 } } },
    'probes.startup.periodSeconds 2 × failureThreshold 29 = 58 s is less than config.startup.timeout 60 s: the kubelet would end a start that eggcup still allows; raise failureThreshold, or leave it null',
  ],
  [
    { preStop: { seconds: 3 } },
    'preStop.seconds 3 and config.shutdown.delay 5s cover the same time: set one of them to 0 (config.shutdown.delay to "0s")',
  ],
  [
    { preStop: { handler: waits } },
    'preStop.handler is set, but preStop.seconds is 0: say how long it takes at most, because terminationGracePeriodSeconds counts it',
  ],
  [
    { config: { shutdown: { grace: '20s' } } },
    'config.shutdown.grace 20s is less than delay + app + agent = 30 s: raise it, or leave it out, then EGGCUP_GRACE sets it',
  ],
  [
    { terminationGracePeriodSeconds: 34 },
    'terminationGracePeriodSeconds 34 is less than preStop.seconds 0 + config.shutdown 30 s + terminationMarginSeconds 5 = 35: raise it, or leave it null',
  ],
  [
    { terminationGracePeriodSeconds: 60, config: { shutdown: { grace: '1m' } } },
    'terminationGracePeriodSeconds 60 is less than preStop.seconds 0 + config.shutdown 60 s + terminationMarginSeconds 5 = 65: raise it, or leave it null',
  ],
  [
    { terminationGracePeriodSeconds: 39, preStop: { seconds: 10, handler: waits }, config: noDelay },
    'terminationGracePeriodSeconds 39 is less than preStop.seconds 10 + config.shutdown 25 s + terminationMarginSeconds 5 = 40: raise it, or leave it null',
  ],
  [
    { resources: { requests: { cpu: null } } },
    'cpuRequestAsQuota is true, but resources.requests.cpu is not set: set it, or cpuRequestAsQuota to false',
  ],
  [
    { config: { workers: { cpu: '2000m' } } },
    'cpuRequestAsQuota is true and config.workers.cpu is 2000m: both say what to size by; remove config.workers.cpu, or set cpuRequestAsQuota to false',
  ],
  [
    { hpa: { enabled: true }, cpuRequestAsQuota: false, resources: { requests: { cpu: null } } },
    'hpa.targetCPU 70 is percent of resources.requests.cpu, which is not set: set it, or hpa.targetCPU to null',
  ],
  [
    { hpa: { enabled: true, targetMemory: 80 }, resources: { requests: { memory: null }, limits: { memory: null } } },
    'hpa.targetMemory 80 is percent of resources.requests.memory, which is not set: set it, or hpa.targetMemory to null',
  ],
  [
    { config: { app: { unixSocket: '/run/a.sock' } }, service: { enabled: false } },
    'config.app.unixSocket "/run/a.sock" excludes config.app.port 7001: set config.app.port to null',
  ],
  [
    { config: { app: { unixSocket: '/run/a.sock', port: null } } },
    'service.enabled is true, but config.app.unixSocket "/run/a.sock" listens on no port: set service.enabled to false',
  ],
  [
    {
      config: { app: { unixSocket: '/run/a.sock', port: null } },
      service: { enabled: false },
      networkPolicy: { enabled: true },
    },
    'networkPolicy.enabled is true, but config.app.unixSocket "/run/a.sock" listens on no port: set networkPolicy.enabled to false',
  ],
  [
    { config: { app: { port: null } } },
    'service.enabled is true, but the port is not known from config.app.port null: set containerPort',
  ],
  [
    { config: { app: { port: '${PORT:-7001}' } } },
    'service.enabled is true, but the port is not known from config.app.port ${PORT:-7001}: set containerPort',
  ],
  [{ containerPort: 8001 }, 'containerPort 8001 is not config.app.port 7001: leave containerPort null'],
  [
    { service: { nodePort: 30_080 } },
    'service.nodePort 30080 needs service.type "NodePort" or "LoadBalancer", but it is "ClusterIP"',
  ],
  [
    { service: { enabled: false }, ingress: { enabled: true, hosts: [host] } },
    'ingress.enabled is true, but service.enabled is false: there is nothing to send requests to',
  ],
  [
    { service: { enabled: false }, httpRoute: route },
    'httpRoute.enabled is true, but service.enabled is false: there is nothing to send requests to',
  ],
  [{ ingress: { enabled: true } }, 'ingress.enabled is true, but ingress.hosts is empty: name a host with its paths'],
  [{ httpRoute: { enabled: true } }, 'httpRoute.enabled is true, but httpRoute.parentRefs is empty: name the gateway'],
  [
    { hpa: { enabled: true, minReplicas: 20 } },
    'hpa.minReplicas 20 is more than hpa.maxReplicas 10: lower the one or raise the other',
  ],
  [
    { hpa: { enabled: true, targetCPU: null } },
    'hpa.enabled is true, but hpa.targetCPU, hpa.targetMemory and hpa.metrics are all empty: there is nothing to scale by',
  ],
  [
    { pdb: { minAvailable: 1 } },
    'pdb.minAvailable 1 and pdb.maxUnavailable 1 cannot both be set: set one of them to null',
  ],
  [
    { pdb: { maxUnavailable: null } },
    'pdb.enabled is true, but pdb.minAvailable and pdb.maxUnavailable are both null: set one of them',
  ],
  [
    { pdb: { minAvailable: 2, maxUnavailable: null } },
    'pdb.minAvailable 2 of replicaCount 2 lets no pod go, so that no node can be drained: lower it',
  ],
  [
    { pdb: { minAvailable: '100%', maxUnavailable: null }, hpa: { enabled: true } },
    'pdb.minAvailable 100% of hpa.minReplicas 2 lets no pod go, so that no node can be drained: lower it',
  ],
  [
    { pdb: { maxUnavailable: 0 } },
    'pdb.maxUnavailable 0 of replicaCount 2 lets no pod go, so that no node can be drained: raise it',
  ],
  [
    { strategy: { type: 'Recreate' } },
    'strategy.type "Recreate" and strategy.rollingUpdate {"maxSurge":1,"maxUnavailable":0} cannot both be: set strategy.rollingUpdate to null',
  ],
  [
    { strategy: { rollingUpdate: { maxSurge: 0 } } },
    'strategy.rollingUpdate.maxUnavailable 0 and maxSurge 0 cannot both be 0: no pod could be replaced',
  ],
  [
    { extraEnv: [{ name: 'EGGCUP_GRACE', value: '1s' }] },
    'extraEnv has EGGCUP_GRACE, which this chart sets itself: remove it',
  ],
  [
    { extraEnv: [{ name: 'EGGCUP__WORKERS__CPU', value: '2000m' }] },
    'extraEnv has EGGCUP__WORKERS__CPU, but cpuRequestAsQuota is true and sets it: remove one of them',
  ],
  [
    { extraEnv: [{ name: 'EGGCUP__Shutdown__APP', value: '90s' }] },
    'extraEnv has EGGCUP__Shutdown__APP, which would change what the pod is rendered from: set it in config',
  ],
  [
    { extraEnv: [{ name: 'EGGCUP__HEALTH__HTTP__PORT', value: '9000' }] },
    'extraEnv has EGGCUP__HEALTH__HTTP__PORT, which would change what the pod is rendered from: set it in config',
  ],
  [
    { fullnameOverride: '1shop' },
    'fullnameOverride is "1shop", but service.enabled is true and Kubernetes allows no service of this name: set fullnameOverride to small letters, digits and "-" that begin with a letter',
  ],
  [
    { podLabels: { 'app.kubernetes.io/name': 'other' } },
    'podLabels has app.kubernetes.io/name "other", which this chart sets to "shop" itself: remove it, and set nameOverride',
  ],
  [
    { podLabels: { 'app.kubernetes.io/version': '2' } },
    'podLabels has app.kubernetes.io/version "2", which this chart sets to "1" itself: remove it',
  ],
  [
    { commonLabels: { 'app.kubernetes.io/instance': 'other' } },
    'commonLabels has app.kubernetes.io/instance "other", which this chart sets to "shop" itself: remove it',
  ],
  [
    { commonLabels: { team: 'shop' }, podLabels: { team: 'web' } },
    'podLabels has team "web", which commonLabels sets to "shop" already: remove one of them',
  ],
  [
    { serviceMonitor: { labels: { 'app.kubernetes.io/managed-by': 'me' } } },
    'serviceMonitor.labels has app.kubernetes.io/managed-by "me", which this chart sets to "Helm" itself: remove it',
  ],
  [
    { podAnnotations: { 'checksum/config': 'none' } },
    'podAnnotations has checksum/config "none", which this chart sets itself: remove it',
  ],
  ...['0', '0m', 0].map((cpu): [object, string] => [
    { resources: { requests: { cpu } } },
    `cpuRequestAsQuota is true, but resources.requests.cpu is ${cpu}, and no worker can be sized by that: raise it, or set cpuRequestAsQuota to false`,
  ]),
  [
    { hpa: { enabled: true }, cpuRequestAsQuota: false, resources: { requests: { cpu: '0' } } },
    'hpa.targetCPU 70 is percent of resources.requests.cpu, which is 0: set it, or hpa.targetCPU to null',
  ],
  [
    { resources: null },
    'cpuRequestAsQuota is true, but resources.requests.cpu is not set: set it, or cpuRequestAsQuota to false',
  ],
  ...(
    [
      ['memory', '2Gi', '512Mi'],
      ['memory', '1Gi', '1G'],
      ['memory', '1Ti', '1023Gi'],
      ['memory', '1.1e9', '1G'],
      ['memory', '513Mi', '512.5Mi'],
      ['cpu', 2, '1500m'],
      ['cpu', 1.1001, '1100m'],
      ['cpu', '2k', '1e3'],
      ['ephemeral-storage', '1M', '999k'],
    ] as const
  ).map(([name, request, limit]): [object, string] => [
    { resources: { requests: { [name]: request }, limits: { [name]: limit } } },
    `resources.requests.${name} ${request} is more than resources.limits.${name} ${limit}: lower the one or raise the other`,
  ]),
  [{ resources: { limits: { memory: '512m' } } }, 'resources.limits.memory is 512m, which is 0.512 bytes: write 512Mi'],
  [
    { writableDirs: [{ path: '/tmp', sizeLimit: '64m' }] },
    'writableDirs[0].sizeLimit is 64m, which is 0.064 bytes: write 64Mi',
  ],
  [
    { podSecurityContext: { runAsUser: 0 } },
    'podSecurityContext.runAsUser 0 is root, but podSecurityContext.runAsNonRoot is true: name another user, or set podSecurityContext.runAsNonRoot to false',
  ],
  [
    { securityContext: { runAsUser: 0 } },
    'securityContext.runAsUser 0 is root, but podSecurityContext.runAsNonRoot is true: name another user, or set podSecurityContext.runAsNonRoot to false',
  ],
  [
    { writableDirs: [{ path: '/tmp' }, { path: '/tmp/' }] },
    'writableDirs has the path "/tmp" twice: remove one of them',
  ],
  [
    { writableDirs: [{ path: '/etc/eggcup' }] },
    'writableDirs has the path "/etc/eggcup", which this chart has as well: remove it',
  ],
  [
    { extraVolumeMounts: [{ name: 'writable-0', mountPath: '/tmp' }] },
    'extraVolumeMounts has the path "/tmp", which writableDirs has as well: remove one of them',
  ],
  [
    { extraVolumeMounts: [{ name: 'writable-0', mountPath: '/run/eggcup' }] },
    'extraVolumeMounts has the path "/run/eggcup", which config.health.dir has as well: remove one of them',
  ],
  [{ sidecars: [{ name: 'app' }] }, 'sidecars has the container "app", which this chart has as well: rename it'],
  [
    { sidecars: [{ name: 'proxy' }], initContainers: [{ name: 'proxy' }] },
    'sidecars has the container "proxy", which initContainers has as well: rename one of them',
  ],
  [
    { initContainers: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
    'initContainers has the container "a" twice: rename one of them',
  ],
  ...['eggcup-config', 'eggcup-health', 'writable-0'].map((name): [object, string] => [
    { extraVolumes: [{ name }] },
    `extraVolumes has the volume "${name}", which this chart has as well: rename it`,
  ]),
  [{ extraVolumes: [{ name: 'a' }, { name: 'a' }] }, 'extraVolumes has the volume "a" twice: rename one of them'],
  [
    {
      extraEnv: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    },
    'extraEnv has the variable "A" twice: remove one of them',
  ],
];

for (const [values, sentence] of refused)
  testWithHelm(`refused: ${sentence}`, (_t, helm) => {
    assert.deepEqual(sentencesOf(templateWith(helm, values).refusal), [sentence]);
  });

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

function sentencesOf(refusal: string): readonly string[] {
  return refusal
    .split('\n')
    .filter((line) => line.startsWith('  - '))
    .map((line) => line.slice(4));
}
