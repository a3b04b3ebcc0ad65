/** The file of the control socket: whose it is, where it is, what is there already, and when there is none. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../helpers/cli.js';
import { fixture, startCluster, startScript } from '../helpers/cluster.js';
import { cliFile, eggcup, socketOf, startAnswering } from '../helpers/control.js';
import { freePort } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';

test('only the user of the master may ask', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to be somebody else');
  const cluster = await startAnswering(t);
  assert.equal(lstatSync(socketOf(cluster)).mode & 0o777, 0o600);
  for (const path of [cluster.dir, cluster.healthDir]) chmodSync(path, 0o755);
  const cli = [process.execPath, cliFile, 'status', '--dir', cluster.healthDir];
  const who = ['--reuid=47110', '--regid=47110', '--clear-groups'];
  const { status, stdout, stderr } = spawnSync('setpriv', [...who, ...cli], { cwd: '/', encoding: 'utf8' });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^eggcup status: permission denied at .*control\.sock: only user 0 may talk to that master; /);
  assert.equal(eggcup(cluster, 'status').code, 0);
  assert.equal(await cluster.stop(), 0);
});

test('the mode is 0600 whatever the umask is, and what else is written keeps its own', async (t) => {
  const port = await freePort();
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/hello.js'), port }, workers: { count: 1 } },
    wrapper: ['sh', '-c', 'umask 000; exec "$@"', 'sh'],
  });
  await cluster.untilReady();
  await cluster.untilLogged('control.listening');
  assert.equal(lstatSync(socketOf(cluster)).mode & 0o777, 0o600);
  assert.equal(lstatSync(join(cluster.healthDir, 'status.json')).mode & 0o777, 0o666);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('two masters have a socket each; one that is refused leaves the other’s alone', async (t) => {
  const [one, other] = [await startAnswering(t), await startAnswering(t)];
  for (const cluster of [one, other]) {
    const { pid } = JSON.parse(eggcup(cluster, 'status', '--json').stdout) as { pid: number };
    assert.equal(pid, cluster.pid);
  }
  const app = { script: fixture('scripts/hello.js'), port: await freePort() };
  const third = startCluster(t, { config: { app, health: { dir: one.healthDir } } });
  assert.equal(await third.ended(), 78);
  const fourth = startCluster(t, { config: { app, workers: { count: 1 }, control: { socket: socketOf(one) } } });
  assert.match(
    String((await fourth.untilLogged('control.unavailable'))['reason']),
    /is taken: another process listens/,
  );
  await fourth.untilReady();
  assert.equal(await fourth.stop(), 0);
  assert.equal(eggcup(one, 'status').code, 0);
  for (const cluster of [one, other]) {
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  }
});

test('a socket that a killed master left is replaced; what is no socket is left alone, and said', async (t) => {
  const dir = temporaryDirectory(t);
  const first = await startAnswering(t, { health: { dir } });
  first.signal('SIGKILL');
  await first.ended();
  const second = await startAnswering(t, { health: { dir } });
  assert.equal(run('cli', ['status', '--dir', dir]).code, 0);
  assert.equal(await second.stop(), 0);
  mkdirSync(join(dir, 'control.sock'));
  const third = await startScript(t, 'scripts/hello.js', { health: { dir } });
  await third.untilReady();
  assert.match(String(third.logged('control.unavailable')[0]?.['reason']), /control\.sock exists and is no socket/);
  assert.equal(await third.stop(), 0);
  assert.ok(lstatSync(join(dir, 'control.sock')).isDirectory());
});

test('a path that is too long, or a folder that is not there, is said with the remedy, and the cluster runs', async (t) => {
  const dir = temporaryDirectory(t);
  const long = join(dir, 'x'.repeat(107 - dir.length));
  for (const [socket, reason] of [
    [long, /is longer than 10[37] bytes, .*; choose a shorter path/],
    ['no/such/folder.sock', /EACCES|ENOENT/],
  ] as const) {
    const cluster = await startScript(t, 'scripts/hello.js', { workers: { count: 1 }, control: { socket } });
    const line = await cluster.untilLogged('control.unavailable');
    assert.match(String(line['reason']), reason);
    assert.ok(String(line['path']).endsWith(socket));
    assert.match(String(line['remedy']), /control\.socket/);
    await cluster.untilReady();
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  }
  const { code, stderr } = run('cli', ['status', '--socket', long]);
  assert.equal(code, 1);
  assert.match(stderr, /is longer than the 10[37] bytes .* set a shorter control\.socket\n$/);
  // One byte less is a path.
  const longest = await startScript(t, 'scripts/hello.js', { control: { socket: long.slice(0, -1) } });
  await longest.untilLogged('control.listening');
  assert.equal(run('cli', ['status', '--socket', long.slice(0, -1)]).code, 0);
  assert.equal(await longest.stop(), 0);
});

test('control.enabled: false has no socket; true where health.dir cannot be written is said', async (t) => {
  const off = await startScript(t, 'scripts/hello.js', { control: { enabled: false } });
  await off.untilReady();
  assert.ok(!off.hasFile('control.sock'));
  assert.match(eggcup(off, 'status').stderr, /no master answers/);
  assert.equal(await off.stop(), 0);
  writeFileSync(join(off.dir, 'file'), '');
  for (const enabled of [true, 'auto']) {
    const health = { dir: join(off.dir, 'file/health') };
    const cluster = await startScript(t, 'scripts/hello.js', { health, control: { enabled } });
    await cluster.untilLogged('cluster.ready');
    assert.equal(cluster.logged('control.unavailable').length, enabled === true ? 1 : 0);
    assert.equal(await cluster.stop(), 0);
  }
});

test('a socket that somebody takes away comes again', async (t) => {
  const cluster = await startAnswering(t);
  rmSync(socketOf(cluster));
  await cluster.untilLogged('control.listening', {}, 2);
  assert.equal(eggcup(cluster, 'status').code, 0);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('what answers but is no eggcup is not taken for one', async (t) => {
  const path = join(temporaryDirectory(t), 'other.sock');
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(path);
  t.after(() => server.close());
  await once(server, 'listening');
  const other = spawn(process.execPath, [cliFile, 'status', '--socket', path], { stdio: 'ignore' });
  assert.deepEqual(await once(other, 'exit'), [1, null]);
});
