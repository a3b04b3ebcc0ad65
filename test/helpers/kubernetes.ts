/** What Kubernetes says about manifests: its own schemas, and the restricted Pod Security Standard. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Pod } from 'kubernetes-models/v1/Pod';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { projectRoot } from './cluster.js';
import { type Manifest, type Rendered, only } from './helm.js';

const MODELS = {
  ConfigMap,
  Deployment,
  HTTPRoute,
  HorizontalPodAutoscaler,
  Ingress,
  Namespace,
  NetworkPolicy,
  Pod,
  PodDisruptionBudget,
  Service,
  ServiceAccount,
  ServiceMonitor,
} as const;

/** Throws unless the values have the types and formats of the API. */
export function assertFitsSchema(manifest: Manifest): void {
  const Model = modelOf(manifest);
  assert.equal(manifest.apiVersion, Model.apiVersion);
  new Model(manifest as never).validate();
}

/** Compiles the manifests as constants of the API's types: whatever key is unknown there is a key too many. */
export function unknownKeys(manifests: readonly Manifest[]): string {
  mkdirSync(join(projectRoot, 'build'), { recursive: true });
  const folder = mkdtempSync(join(projectRoot, 'build/manifests-'));
  try {
    const lines = manifests.map((manifest, index) => {
      const path = `${packageOf(manifest)}/${manifest.apiVersion}/${manifest.kind}`;
      return `const m${index}: import('${path}').I${manifest.kind} = ${JSON.stringify(manifest)};\nvoid m${index};`;
    });
    writeFileSync(join(folder, 'manifests.mts'), `${lines.join('\n')}\nexport {};\n`);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: [],
          module: 'esnext',
          moduleResolution: 'bundler',
        },
        files: ['manifests.mts'],
      }),
    );
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', folder],
      { encoding: 'utf8', timeout: 60_000 },
    );
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rules of https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted that a pod breaks. */
export function restrictedViolations(pod: PodSpec): readonly string[] {
  const found: string[] = [];
  const refuse = (broken: boolean, rule: string): void => void (broken && found.push(rule));
  for (const name of ['hostNetwork', 'hostPID', 'hostIPC'] as const) refuse(pod[name] === true, name);
  for (const { name, ...volume } of pod.volumes ?? [])
    for (const kind of Object.keys(volume)) refuse(!VOLUMES.has(kind), `volume ${name}: ${kind}`);
  const shared = pod.securityContext ?? {};
  refuse((shared.sysctls ?? []).length > 0, 'sysctls');
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const own = container.securityContext ?? {};
    const here = (rule: string): string => `container ${container.name}: ${rule}`;
    refuse(own.privileged === true, here('privileged'));
    refuse(own.allowPrivilegeEscalation !== false, here('allowPrivilegeEscalation'));
    refuse((own.runAsNonRoot ?? shared.runAsNonRoot) !== true, here('runAsNonRoot'));
    refuse((own.runAsUser ?? shared.runAsUser) === 0, here('runAsUser'));
    const seccomp = (own.seccompProfile ?? shared.seccompProfile)?.type;
    refuse(seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost', here('seccompProfile'));
    refuse(own.capabilities?.drop?.includes('ALL') !== true, here('capabilities.drop'));
    refuse(
      (own.capabilities?.add ?? []).some((added) => added !== 'NET_BIND_SERVICE'),
      here('capabilities.add'),
    );
    refuse(
      (container.ports ?? []).some(({ hostPort }) => hostPort !== undefined),
      here('hostPort'),
    );
    refuse(own.procMount !== undefined && own.procMount !== 'Default', here('procMount'));
  }
  return found;
}

/** The pods that a manifest makes: its template, or itself. */
export function podOf(manifest: Manifest): PodSpec | undefined {
  if (manifest.kind === 'Pod') return manifest['spec'] as PodSpec;
  if (manifest.kind === 'Deployment') return manifest['spec'].template.spec as PodSpec;
  return undefined;
}

/** The pod of the only Deployment, and its container of the application. */
export function partsOf(rendered: Rendered): { readonly pod: PodSpec; readonly app: Container } {
  const pod = podOf(only(rendered, 'Deployment'));
  const app = pod?.containers.find(({ name }) => name === 'app');
  assert.ok(pod && app);
  return { pod, app };
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly object[] };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
}

export interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly containerPort?: number; readonly hostPort?: number }[];
  // oxlint-disable-next-line typescript/no-explicit-any -- the rest; its schema is looked at apart from this
  readonly [field: string]: any;
}

interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly procMount?: string;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

function modelOf({ kind }: Manifest): (typeof MODELS)[keyof typeof MODELS] {
  assert.ok(kind in MODELS, `no schema for ${kind}`);
  return MODELS[kind as keyof typeof MODELS];
}

function packageOf({ kind }: Manifest): string {
  if (kind === 'HTTPRoute') return '@kubernetes-models/gateway-api';
  return kind === 'ServiceMonitor' ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
}
