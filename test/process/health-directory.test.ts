import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../helpers/cli.js';
import { type Cluster, fixture, startCluster, startScript } from '../helpers/cluster.js';
import { freePort, get } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('stale files of an earlier life are removed before anything is forked', async (t) => {
  const dir = temporaryDirectory(t);
  for (const file of ['started', 'ready', 'live', 'status.json']) writeFileSync(join(dir, file), 'stale');
  const cluster = await startScript(t, 'scripts/slow-start.js', { health: { dir } }, { env: { START_MS: '400' } });
  await cluster.untilLogged('child.forked');
  assert.ok(!existsSync(join(dir, 'ready')) && !existsSync(join(dir, 'started')));
  await cluster.untilReady();
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(readdirSync(dir), []);
});

test('a directory that a living master writes to is refused (78); one of a killed master is taken over at once', async (t) => {
  const first = await startScript(t, 'scripts/hello.js');
  await first.untilReady();
  const config = {
    app: { script: fixture('scripts/hello.js'), port: await freePort() },
    health: { dir: first.healthDir },
  };
  const second = startCluster(t, { config });
  assert.equal(await second.ended(), 78);
  assert.match(String(second.logged('boot.failed')[0]?.['problem']), new RegExp(`${first.healthDir} is in use`));
  assert.ok(first.hasFile('ready'), 'the first one’s files are untouched');
  first.signal('SIGKILL');
  await first.ended();
  const third = startCluster(t, { config });
  await third.untilLogged('cluster.ready');
  assert.equal(await third.stop(), 0);
});

test('a directory that cannot be written is said once, and the cluster runs', async (t) => {
  const dir = temporaryDirectory(t);
  writeFileSync(join(dir, 'file'), '');
  const cluster = await startScript(t, 'scripts/hello.js', { health: { dir: join(dir, 'file', 'health') } });
  await cluster.untilLogged('cluster.ready');
  assert.match((await get(cluster.port)).body, /^\d+$/);
  const [line, ...others] = cluster.logged('health.unwritable');
  assert.deepEqual(others, []);
  assert.match(String(line?.['reason']), /ENOTDIR/);
  assert.match(String(line?.['remedy']), /writable directory/);
  assert.equal(await cluster.stop(), 0);
});

test('a directory that is removed while the master runs is made again, with all that belongs in it', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { health: { interval: '500ms' } });
  await cluster.untilReady();
  rmSync(cluster.healthDir, { recursive: true });
  for (const file of ['live', 'ready', 'started', 'status.json']) await until(file, () => cluster.hasFile(file));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a directory that was removed and made again is still refused to a second master', async (t) => {
  const first = await startScript(t, 'scripts/hello.js');
  await first.untilReady();
  rmSync(first.healthDir, { recursive: true });
  await until('ready to be told again', () => first.hasFile('ready'));
  const health = { dir: first.healthDir };
  const second = await startScript(t, 'scripts/hello.js', { health });
  assert.equal(await second.ended(), 78);
  assert.equal(await first.stop(), 0);
});

test('folders in the place of stale files are removed', async (t) => {
  const dir = temporaryDirectory(t);
  mkdirSync(join(dir, 'ready', 'inner'), { recursive: true });
  const cluster = await startScript(t, 'scripts/hello.js', { health: { dir } });
  await cluster.untilLogged('cluster.ready');
  assert.ok(statSync(join(dir, 'ready')).isFile());
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(readdirSync(dir), []);
});

test('a place where no directory can ever be made is unwritable', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { health: { dir: '/proc/eggcup-nope' } });
  await cluster.untilLogged('cluster.ready');
  assert.equal(cluster.logged('health.unwritable').length, 1);
  assert.equal(await cluster.stop(), 0);
});

test('a read-only directory, for a user who is not root, is said once', async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may write everywhere');
  const dir = temporaryDirectory(t);
  chmodSync(dir, 0o555);
  const cluster = await startScript(t, 'scripts/hello.js', { health: { dir } });
  await cluster.untilLogged('cluster.ready');
  assert.equal(cluster.logged('health.unwritable').length, 1);
  assert.equal(await cluster.stop(), 0);
});

test('on a full disk the markers still tell the truth, and the trouble is said once', async (t) => {
  const dir = fullableDirectory(t);
  if (dir === undefined) return t.skip('needs root to mount a small tmpfs');
  const cluster = await startScript(t, 'scripts/hello.js', { health: { dir, minReady: 2, interval: '1s' } });
  await cluster.untilReady();
  spawnSync('dd', ['if=/dev/zero', `of=${dir}/ballast`, 'bs=4k'], { stdio: 'ignore' });
  cluster.kill('app-0');
  await cluster.untilLogged('child.exited', { slot: 'app-0' });
  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  await until('ready to be told', () => cluster.hasFile('ready'));
  assert.equal(cluster.logged('health.unwritable').length, 1);
  rmSync(join(dir, 'ballast'));
  await cluster.untilLogged('health.recovered');
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(readdirSync(dir), []);
});

test('without a config file the bundled example runs, with other health files where the usual can’t be made', async (t) => {
  const dir = temporaryDirectory(t);
  mkdirSync(join(dir, 'empty'));
  writeFileSync(join(dir, 'file'), '');
  const env = {
    PORT: String(await freePort()),
    TMPDIR: dir,
    EGGCUP__HEALTH__DIR: join(dir, 'file', 'health'),
    EGGCUP__WORKERS__COUNT: '1',
  };
  const cluster = startExample(t, join(dir, 'empty'), env);
  const [first] = await until('the fallback to be said', () => {
    const lines = cluster.logged('health.fallback');
    return lines.length > 0 && lines;
  });
  const instead = String(first?.['instead']);
  await until('ready', () => existsSync(join(instead, 'ready')));
  assert.equal(cluster.log[0]?.event, 'boot.example');
  assert.match((await get(Number(env.PORT))).body, /^Hello from app worker \d+\n/);
  // The doctor looks there too, and does not take the master for a stranger.
  const { stdout, code } = run('cli', ['doctor'], join(dir, 'empty'), env);
  assert.match(stdout, new RegExp(`running +a master, process ${cluster.pid}, is running`));
  assert.equal(code, 0);
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(readdirSync(instead), []);
});

function startExample(t: TestContext, cwd: string, env: Record<string, string>): Cluster {
  return startCluster(t, { config: {}, env, withoutConfig: true, spawn: { cwd } });
}

/** A tmpfs of 64 KiB, or `undefined` where it can't be mounted. */
function fullableDirectory(t: TestContext): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'eggcup-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  });
  return dir;
}
