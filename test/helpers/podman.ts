/** Containers of podman, apart from others of the machine; the images are made once, by scripts/test-images.sh. */
import { type SpawnSyncReturns, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { projectRoot } from './cluster.js';
import { until } from './until.js';

const FOLDER = process.env['EGGCUP_TEST_IMAGES'] ?? join(tmpdir(), 'eggcup-test-images');
const ENV = {
  ...process.env,
  CONTAINERS_STORAGE_CONF: join(FOLDER, 'storage.conf'),
  CONTAINERS_CONF: join(FOLDER, 'containers.conf'),
};
export const IMAGE = 'localhost/eggcup-test/eggcup';
const NODE_IMAGE = 'localhost/eggcup-test/node';

/** Why there can be no images here. */
export function whyNoImages(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to run containers';
  const missing = ['podman', 'buildah', 'runc'].find((tool) => spawnSync(tool, ['--version']).status !== 0);
  return missing === undefined ? undefined : `${missing} is not installed: scripts/install-test-tools.sh`;
}

/** Once for a test file: it takes a minute. */
export function makeImages(): void {
  mkdirSync(FOLDER, { recursive: true });
  execFileSync(join(projectRoot, 'scripts/test-images.sh'), [FOLDER], { stdio: ['ignore', 'inherit', 'pipe'] });
}

export function removeImages(): void {
  if (!existsSync(ENV.CONTAINERS_STORAGE_CONF)) return;
  podman('rm', '--all', '--force', '--time', '0');
  podman('rmi', '--all', '--force');
  spawnSync('umount', [join(FOLDER, 'graph/overlay')]);
  rmSync(FOLDER, { recursive: true, force: true });
}

export function podman(...args: readonly string[]): SpawnSyncReturns<string> {
  // Its monitor leaves a file `oom` in the working directory when a container's process was killed for memory.
  return spawnSync('podman', args, { cwd: FOLDER, encoding: 'utf8', env: ENV, timeout: 120_000 });
}

/** An image on top of another: the Dockerfile's text, with the files that it copies. */
export function buildImage(tag: string, dockerfile: string, context: string): void {
  const file = join(FOLDER, `Dockerfile.${tag.replaceAll('/', '-')}`);
  writeFileSync(file, dockerfile);
  const args = [
    'build',
    '--quiet',
    '--format',
    'docker',
    '--isolation',
    'chroot',
    '--network',
    'host',
    '--env',
    `npm_config_registry=${execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()}`,
    '--tag',
    tag,
    '--file',
    file,
    context,
  ];
  execFileSync('buildah', args, { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Builds eggcup's image once more, from nothing, and returns the digests of its layers. */
export function rebuiltLayers(): string {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const base = [`NODE_IMAGE=${NODE_IMAGE}`, `BUILD_IMAGE=${NODE_IMAGE}-with-npm`, `npm_config_registry=${registry}`];
  const options = '--quiet --format docker --isolation chroot --network host --no-cache --timestamp 0'.split(' ');
  const tag = 'localhost/eggcup-test/again';
  const args = [
    'build',
    ...options,
    '--tag',
    tag,
    ...base.flatMap((argument) => ['--build-arg', argument]),
    projectRoot,
  ];
  execFileSync('buildah', args, { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] });
  return layersOf(tag);
}

export function layersOf(image: string): string {
  return podman('image', 'inspect', '--format', '{{.RootFS.Layers}}', image).stdout;
}

let started = 0;

/** A container in the background; removed with the test. */
export class Container {
  readonly name = `eggcup-test-${process.pid}-${(started += 1)}`;

  constructor(t: TestContext, options: readonly string[], image: string = IMAGE, command: readonly string[] = []) {
    t.after(() => podman('rm', '--force', '--time', '0', this.name));
    const { status, stderr } = podman('run', '--detach', '--name', this.name, ...options, image, ...command);
    if (status !== 0) throw new Error(`podman run: ${stderr}`);
  }

  exec(...command: readonly string[]): SpawnSyncReturns<string> {
    return podman('exec', this.name, ...command);
  }

  /** Standard output and error. */
  get log(): string {
    const { stdout, stderr } = podman('logs', this.name);
    return stdout + stderr;
  }

  get restarts(): number {
    return Number(this.inspect('{{.RestartCount}}'));
  }

  inspect(format: string): string {
    return podman('inspect', '--format', format, this.name).stdout.trim();
  }

  async untilReady(): Promise<void> {
    await until(
      `the container to be ready:\n${this.log}`,
      () => this.exec('node', PROBE, 'ready').status === 0,
      30_000,
    );
  }

  async ended(): Promise<number> {
    await until('the container to end', () => this.inspect('{{.State.Status}}') === 'exited');
    return Number(this.inspect('{{.State.ExitCode}}'));
  }

  /** As the platform does: SIGTERM, and SIGKILL when the grace is over. */
  stop(graceSeconds: number): number {
    podman('stop', '--time', String(graceSeconds), this.name);
    return Number(this.inspect('{{.State.ExitCode}}'));
  }

  status(): { plan: { workers: number; heapMiB: number | null; reasons: string[] }; container: object } {
    return JSON.parse(this.exec('node', '-p', 'fs.readFileSync("/run/eggcup/status.json", "utf8")').stdout);
  }
}

const PROBE = '/opt/eggcup/dist/probe.js';
