/** What is asked of Kubernetes, and cannot be (helm/eggcup/templates/_refuse-pod.tpl). */
import { type Refused, testRefusals } from '../helpers/refusals.js';

const route = { enabled: true, parentRefs: [{ name: 'public' }] };
const host = { host: 'a.example.com', paths: [{ path: '/' }] };

const refused: readonly Refused[] = [
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
  ...['0', '0m', 0].map((cpu): Refused => [
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
  ).map(([name, request, limit]): Refused => [
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
  ...['eggcup-config', 'eggcup-health', 'writable-0'].map((name): Refused => [
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

testRefusals(refused);
