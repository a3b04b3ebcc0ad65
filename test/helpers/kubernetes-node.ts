/** A real Kubernetes of one node (scripts/kubernetes/node.sh), with images of applications that have eggcup as their entrypoint. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { fixture, projectRoot } from './cluster.js';
import type { Manifest } from './helm.js';
import { buildImage, makeImages, podman, removeImages } from './podman.js';
import { pidOfInit } from './namespace.js';
import { until } from './until.js';

export const IMAGES = { hello: 'localhost/eggcup-test/hello:1', egg: 'localhost/eggcup-test/egg:1' } as const;

/** eggcup as a dependency of the application, as docs/docker.md says; the base has no shell. */
const DOCKERFILE = `FROM localhost/eggcup-test/node
WORKDIR /app
COPY . .
USER 1000:1000
ENTRYPOINT ["node", "node_modules/eggcup/dist/entry.js"]
`;
const PAUSE = 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause", "-P"]\n';

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

export class KubernetesNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'eggcup-kubernetes-'));
  #process: ChildProcess | undefined;
  #init = 0;

  /** @param programs what scripts/kubernetes/build.sh has made. */
  async start(programs: string): Promise<void> {
    const images = makeApplicationImages(this.folder);
    const output = openSync(join(this.folder, 'node.log'), 'a');
    const run = [join(projectRoot, 'scripts/kubernetes/node.sh'), 'run', join(this.folder, 'node'), programs, images];
    // It ends with this process, however that ends.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', ...run], { stdio: ['ignore', output, output] });
    this.#init = await pidOfInit(this.#process.pid ?? 0);
    const log = (): string => readFileSync(join(this.folder, 'node.log'), 'utf8');
    await until(
      'the cluster to start',
      () => {
        assert.equal(this.#process?.exitCode, null, log());
        return existsSync(join(this.folder, 'node/started'));
      },
      300_000,
    );
    await until('the node to be ready', () => this.kubectl('get', 'nodes').includes(' Ready'), 120_000);
  }

  async stop(): Promise<void> {
    if (this.#process !== undefined && this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
      execFileSync(join(projectRoot, 'scripts/kubernetes/node.sh'), ['clean']);
    }
    removeImages();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A command in the namespaces of the node, but for its processes: so it is the command that hears a signal. */
  inside(command: string, args: readonly string[]): [string, string[]] {
    return ['nsenter', ['--target', String(this.#init), '--mount', '--net', '--', command, ...args]];
  }

  /** Standard output and error of a command that may fail. */
  try(command: string, args: readonly string[], input = ''): { status: number | null; output: string } {
    const env = { ...process.env, KUBECONFIG: join(this.folder, 'node/kubeconfig'), HOME: this.folder };
    const result = spawnSync(...this.inside(command, args), { encoding: 'utf8', env, input, timeout: 300_000 });
    return { status: result.status, output: result.stdout + result.stderr };
  }

  kubectl(...args: readonly string[]): string {
    const { status, output } = this.try('kubectl', args);
    assert.equal(status, 0, `kubectl ${args.join(' ')}: ${output}`);
    return output;
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

function makeApplicationImages(folder: string): string {
  makeImages();
  const [packed] = JSON.parse(npm(projectRoot, 'pack', '--json', '--pack-destination', folder)) as [
    { filename: string },
  ];
  const eggcup = join(folder, packed.filename);
  makeApplication(folder, 'hello', [eggcup]);
  makeApplication(folder, 'egg', [eggcup, 'egg@3']);
  const pause = join(folder, 'pause');
  mkdirSync(pause);
  copyFileSync(execFileSync('which', ['catatonit'], { encoding: 'utf8' }).trim(), join(pause, 'pause'));
  buildImage('localhost/pause:1', PAUSE, pause);
  const archive = join(folder, 'images.tar');
  const saved = podman(
    'save',
    '--format',
    'docker-archive',
    '--output',
    archive,
    '--multi-image-archive',
    'localhost/pause:1',
    ...Object.values(IMAGES),
  );
  assert.equal(saved.status, 0, saved.stderr);
  return archive;
}

function makeApplication(folder: string, name: keyof typeof IMAGES, packages: readonly string[]): void {
  const context = join(folder, name);
  cpSync(fixture(`kubernetes/${name}`), context, { recursive: true });
  cpSync(fixture('block-loop.mjs'), join(context, 'block-loop.mjs'));
  npm(context, 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages);
  buildImage(IMAGES[name], DOCKERFILE, context);
}

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
