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

  apply(namespace: string, manifests: readonly Manifest[]): void {
    const text = manifests.map((manifest) => stringify(asOf120(manifest))).join('---\n');
    const { status, output } = this.try('kubectl', ['apply', '--namespace', namespace, '--filename', '-'], text);
    assert.equal(status, 0, output);
  }

  /** Those that are not about to go. */
  pods(namespace: string): readonly Pod[] {
    const { items } = JSON.parse(this.kubectl('get', 'pods', '--namespace', namespace, '--output', 'json')) as {
      items: Pod[];
    };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Runs a script of Node's in a pod: its image has no shell. */
  evaluate(namespace: string, pod: string, script: string): string {
    return this.kubectl('exec', '--namespace', namespace, pod, '--', 'node', '--eval', script);
  }

  logs(namespace: string, pod: string, ...options: readonly string[]): string {
    return this.kubectl('logs', '--namespace', namespace, pod, ...options);
  }
}

export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What Kubernetes 1.20 knows under another name; the fields are the same. */
function asOf120(manifest: Manifest): Manifest {
  return manifest.apiVersion === 'policy/v1' ? { ...manifest, apiVersion: 'policy/v1beta1' } : manifest;
}
