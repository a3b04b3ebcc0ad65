/**
 * The image and deploy/compose.yaml under a real Docker, which asks a HEALTHCHECK on its own timer. `npm run verify:docker`; its
 * last result is in docs/verified.md.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { IMAGES, makeApplicationImages, saveImages } from '../helpers/application-images.js';
import { projectRoot } from '../helpers/cluster.js';
import { Platform } from '../helpers/platform.js';
import { IMAGE, removeImages } from '../helpers/podman.js';
import { until } from '../helpers/until.js';

const platform = new Platform('docker/daemon.sh', 'eggcup-docker', (folder) => ({
  DOCKER_HOST: `unix://${folder}/docker.sock`,
  IMAGE: IMAGES.hello,
}));
const docker = (...args: readonly string[]): string => platform.run('docker', ...args);
const compose = (...args: readonly string[]): string =>
  platform.run(
    'docker-compose',
    '--project-name',
    'eggcup',
    '--file',
    join(projectRoot, 'deploy/compose.yaml'),
    ...args,
  );
const inspect = (container: string, format: string): string => docker('inspect', '--format', format, container).trim();
const healthOf = (container: string): string => inspect(container, '{{.State.Health.Status}}');
const LONG_MS = 180_000;

before(
  async () => {
    makeApplicationImages(platform.folder);
    const images = saveImages(platform.folder, [IMAGE, IMAGES.hello]);
    removeImages();
    await platform.start([platform.folder], () => existsSync(join(platform.folder, 'docker.sock')));
    await until('Docker to answer', () => platform.try('docker', ['info']).status === 0);
    docker('load', '--input', images);
  },
  { timeout: 600_000 },
);
after(() => platform.stop());

test('the HEALTHCHECK of the image, on its timer: healthy, and unhealthy when nobody takes traffic', async (t) => {
  const stop = ['--env', 'EGGCUP__SHUTDOWN__DELAY=120s', '--env', 'EGGCUP_GRACE=300s'];
  const limits = ['--cpus', '2', '--memory', '512m', '--read-only', '--tmpfs', '/run/eggcup', '--cap-drop', 'all'];
  const name = started(t, IMAGE, ...limits, ...stop);
  assert.equal(healthOf(name), 'starting');
  await until('it to be healthy', () => healthOf(name) === 'healthy', LONG_MS);
  assert.match(docker('logs', name), /"event":"boot".*"workers":2/);
  // A stop has begun whose delay runs: it serves, but it asks for no traffic any more.
  docker('kill', '--signal', 'TERM', name);
  await until('it to be unhealthy', () => healthOf(name) === 'unhealthy', LONG_MS);
  assert.match(inspect(name, '{{json .State.Health.Log}}'), /not ready: there is no \/run\/eggcup\/ready/);
  // A second SIGTERM ends the delay.
  docker('stop', '--time', '30', name);
  assert.equal(inspect(name, '{{.State.ExitCode}}'), '0');
});

test('deploy/compose.yaml, word for word: limits, healthy, restarted on failure, stopped in time', async () => {
  compose('up', '--detach');
  try {
    const name = docker('ps', '--quiet').trim();
    const { HostConfig: host } = (JSON.parse(docker('inspect', name)) as [{ HostConfig: Record<string, unknown> }])[0];
    assert.deepEqual(
      [host['NanoCpus'], host['Memory'], host['ReadonlyRootfs'], host['PidsLimit'], host['Init'] ?? false],
      [2e9, 2 ** 30, true, 256, false],
    );
    await until('it to be healthy', () => healthOf(name) === 'healthy', LONG_MS);
    assert.match(platform.run('curl', '--silent', 'http://127.0.0.1:7001/'), /^hello from /);
    assert.match(docker('logs', name), /"event":"boot".*"workers":2/);
    compose('stop');
    assert.equal(inspect(name, '{{.State.ExitCode}}'), '0');
  } finally {
    compose('down');
  }
});

test('a container that ends with an error is started anew by the restart policy', async (t) => {
  const config = `${join(projectRoot, 'deploy/cluster.yaml')}:/app/cluster.yaml:ro`;
  const options = ['--restart', 'on-failure', '--tmpfs', '/run/eggcup', '--publish', '7002:7001', '--volume', config];
  const name = started(t, IMAGES.hello, ...options, '--env', 'EGGCUP__RESTART__LIMIT=1');
  const fetched = (path: string): boolean =>
    platform.try('curl', ['--silent', `http://127.0.0.1:7002${path}`]).status === 0;
  await until('an answer', () => fetched('/'));
  fetched('/crash');
  await until('the restart', () => Number(inspect(name, '{{.RestartCount}}')) >= 1, LONG_MS);
  assert.match(docker('logs', name), /"event":"cluster.failed".*"exitCode":13/);
});

function started(t: TestContext, image: string, ...options: readonly string[]): string {
  const id = docker('run', '--detach', ...options, image).trim();
  t.after(() => docker('rm', '--force', id));
  return id;
}
