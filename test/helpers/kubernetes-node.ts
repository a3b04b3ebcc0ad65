/** A real Kubernetes of one node (scripts/kubernetes/node.sh). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { IMAGES, makeApplicationImages, makePauseImage, saveImages } from './application-images.js';
import type { Manifest } from './helm.js';
import { Platform } from './platform.js';
import { removeImages } from './podman.js';
import { until } from './until.js';

/** What a pod may need on a slow machine. */
export const LONG_MS = 180_000;

/** What kubectl tells of a pod, as far as tests look at it. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly started?: boolean;
      readonly ready: boolean;
      readonly restartCount: number;
      readonly lastState: { readonly terminated?: { readonly exitCode: number; readonly message?: string } };
    }[];
  };
}

export class KubernetesNode extends Platform {
  constructor() {
    super('kubernetes/node.sh', 'kubepods', (folder) => ({
      KUBECONFIG: join(folder, 'node/kubeconfig'),
      HOME: folder,
    }));
  }

  /** @param programs what scripts/kubernetes/build.sh has made. */
  async startNode(programs: string): Promise<void> {
    makeApplicationImages(this.folder);
    const images = saveImages(this.folder, [makePauseImage(this.folder), ...Object.values(IMAGES)]);
    removeImages();
    const isUp = (): boolean => existsSync(join(this.folder, 'node/started'));
    await this.start([join(this.folder, 'node'), programs, images], isUp);
    await until('the node to be ready', () => this.kubectl('get', 'nodes').includes(' Ready'), 120_000);
  }

  kubectl(...args: readonly string[]): string {
    return this.run('kubectl', ...args);
  }

  namespace(name: string): Namespace {
    return new Namespace(this, name);
  }
}

/** A namespace, which is there once something has been applied. */
export class Namespace {
  readonly node: KubernetesNode;
  readonly name: string;

  constructor(node: KubernetesNode, name: string) {
    this.node = node;
    this.name = name;
  }

  kubectl(...args: readonly string[]): string {
    return this.node.kubectl('--namespace', this.name, ...args);
  }

  apply(manifests: readonly Manifest[]): void {
    const own = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.name } };
    const others = manifests.filter(({ kind }) => kind !== 'Namespace').map((manifest) => asOf120(manifest));
    const text = [own, ...others].map((manifest) => stringify(manifest)).join('---\n');
    const { status, output } = this.node.try('kubectl', ['--namespace', this.name, 'apply', '--filename', '-'], text);
    assert.equal(status, 0, output);
  }

  remove(): void {
    this.node.kubectl('delete', 'namespace', this.name, '--wait=false', '--ignore-not-found');
  }

  /** Those that are not about to go. */
  get pods(): readonly Pod[] {
    const { items } = JSON.parse(this.kubectl('get', 'pods', '--output', 'json')) as { items: Pod[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  pod(name: string): Pod {
    const found = this.pods.find(({ metadata }) => metadata.name === name);
    assert.ok(found, name);
    return found;
  }

  async untilReady(count: number): Promise<readonly Pod[]> {
    const areReady = (): readonly Pod[] | false => {
      const { pods } = this;
      return pods.length === count && pods.every(isReady) && pods;
    };
    return until(`${count} pods to be ready`, areReady, LONG_MS);
  }

  /** Runs a script of Node's in a pod: its image has no shell. */
  evaluate(pod: string, script: string): string {
    return this.kubectl('exec', pod, '--', 'node', '--eval', script);
  }

  get events(): string {
    return this.kubectl('get', 'events');
  }

  /** Of the containers that run now. */
  get logs(): string {
    return this.pods.map(({ metadata }) => this.logOf(metadata.name)).join('');
  }

  logOf(pod: string): string {
    return this.node.try('kubectl', ['--namespace', this.name, 'logs', pod]).output;
  }

  addressOf(service: string): string {
    return this.kubectl('get', 'service', service, '--output', 'jsonpath={.spec.clusterIP}');
  }

  endpointsOf(service: string): readonly string[] {
    const path = 'jsonpath={.subsets[*].addresses[*].ip}';
    return this.kubectl('get', 'endpoints', service, '--output', path).split(' ').filter(Boolean);
  }

  /** One request; the proxy hears of a pod that is ready a little later. */
  fetch(address: string, path = '/'): Promise<string> {
    return until(`an answer from ${address}${path}`, () => {
      const { status, output } = this.try(address, path);
      return status === 0 && output;
    });
  }

  /** One request that may get no answer. */
  try(address: string, path: string): { readonly status: number | null; readonly output: string } {
    return this.node.try('curl', ['--silent', '--max-time', '10', `http://${address}${path}`]);
  }
}

export function isReady(pod: Pod): boolean {
  return pod.status.containerStatuses?.[0]?.ready === true;
}

export function restartsOf(pod: Pod | undefined): number {
  return pod?.status.containerStatuses?.[0]?.restartCount ?? 0;
}

export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What Kubernetes 1.20 knows under another name; the fields are the same. */
function asOf120(manifest: Manifest): Manifest {
  return manifest.apiVersion === 'policy/v1' ? { ...manifest, apiVersion: 'policy/v1beta1' } : manifest;
}
