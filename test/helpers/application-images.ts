/** Images of applications that have eggcup as their entrypoint, in an archive for an engine other than podman. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, projectRoot } from './cluster.js';
import { buildImage, makeImages, podman } from './podman.js';

export const IMAGES = { hello: 'localhost/eggcup-test/hello:1', egg: 'localhost/eggcup-test/egg:1' } as const;
/** What holds the namespaces of a pod. */
const PAUSE = 'localhost/pause:1';

/** eggcup as a dependency of the application, as docs/docker.md says; the base has no shell. */
const DOCKERFILE = `FROM localhost/eggcup-test/node
WORKDIR /app
COPY . .
USER 1000:1000
ENTRYPOINT ["node", "node_modules/eggcup/dist/entry.js"]
`;
const PAUSE_DOCKERFILE = 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause", "-P"]\n';

/** Makes these, and eggcup's own image with its example, in podman's storage. */
export function makeApplicationImages(folder: string): void {
  makeImages();
  const output = npm(projectRoot, 'pack', '--json', '--pack-destination', folder);
  const [packed] = JSON.parse(output) as [{ filename: string }];
  const eggcup = join(folder, packed.filename);
  makeApplication(folder, 'hello', [eggcup]);
  makeApplication(folder, 'egg', [eggcup, 'egg@3']);
}

/** @returns the name of an image that does nothing, from Debian's catatonit. */
export function makePauseImage(folder: string): string {
  const context = join(folder, 'pause');
  mkdirSync(context);
  copyFileSync(execFileSync('which', ['catatonit'], { encoding: 'utf8' }).trim(), join(context, 'pause'));
  buildImage(PAUSE, PAUSE_DOCKERFILE, context);
  return PAUSE;
}

/** @returns a file that `docker load` and `ctr images import` read. */
export function saveImages(folder: string, images: readonly string[]): string {
  const archive = join(folder, 'images.tar');
  const options = ['--format', 'docker-archive', '--output', archive, '--multi-image-archive'];
  const saved = podman('save', ...options, ...images);
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
