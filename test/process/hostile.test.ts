import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('rubbish and forged events from a worker change nothing', async (t) => {
  const cluster = await startScript(t, 'scripts/rubbish.js', { agent: { script: fixture('scripts/agent-idle.js') } });
  await cluster.untilReady();
  await until('all of it to be dropped', () => cluster.logged('message.dropped').length >= 2 * 20);
  assert.match((await get(cluster.port)).body, /^\d+$/);
  assert.equal(cluster.logged('child.exited').length, 0);
  assert.equal(cluster.logged('master.failed').length, 0);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a worker that floods the channel is outlived, and the heart beats on', async (t) => {
  const cluster = await startScript(t, 'scripts/flood.js', {
    agent: { script: fixture('scripts/agent-idle.js') },
    log: { level: 'info' },
  });
  await cluster.untilReady();
  assert.match((await get(cluster.port)).body, /^\d+$/);
  assert.ok(cluster.hasFile('live'));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('megabytes of output pass untouched, and every line that is not the application’s is JSON', async (t) => {
  const cluster = await startScript(t, 'scripts/loud.js');
  await cluster.untilReady();
  await until('all of it', () => cluster.output.split('the end of the noise\n').length === 3);
  assert.equal(await cluster.stop(), 0);
  // Big writes of several processes to one pipe may interleave: what counts is that all of it is there.
  assert.equal(cluster.output.match(/x{2,}/g)?.join('').length, 2 * 4096 * 1023);
  assert.equal(cluster.errors.match(/x{2,}/g)?.join('').length, 2 * 256 * 1023);
  const others = cluster.output.replaceAll(/x{2,}/g, '').replaceAll('the end of the noise\n', '').split('\n');
  for (const line of others.filter((text) => text !== '')) assert.ok(JSON.parse(line));
});

test('fifty workers start, serve and stop', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {
    workers: { count: 50 },
    shutdown: { app: '20s', agent: '5s' },
  });
  await cluster.untilReady();
  assert.equal(cluster.status()?.children.length, 50);
  assert.match((await get(cluster.port)).body, /^\d+$/);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a reader that stands still, on a pipe, holds up nobody: the cluster serves and stops', async (t) => {
  const cluster = await startScript(
    t,
    'scripts/flood.js',
    { log: { level: 'trace' } },
    // The shell's pipe to somebody who never reads; the exit code is the master's.
    { wrapper: ['bash', '-c', 'mkfifo p; sleep 1000 < p & exec "$@" > p', 'bash'] },
  );
  await until('ready', () => cluster.hasFile('ready'));
  await until('it to serve', async () => (await get(cluster.port)).status === 200);
  cluster.signal('SIGTERM');
  await until('the master to end', () => cluster.process.exitCode === 0, 20_000);
});

/** Standard output is a pipe that is full and never read. */
const FULL_PIPE = [
  'bash',
  '-c',
  'mkfifo p; sleep 1000 < p & exec 9> p; head -c 65536 /dev/zero >&9; "$@" >&9 9>&-; code=$?; kill $!; exit $code',
  'bash',
];

test('a pipe that is full, and is never read, keeps the master from no exit', async (t) => {
  for (const [script, code] of [
    ['scripts/hello.js', 0],
    ['scripts/throws.js', 11],
  ] as const) {
    const cluster = await startScript(t, script, {}, { wrapper: FULL_PIPE });
    // Its control socket listens: without an exit nothing would end it.
    if (code === 0) await until('ready', () => cluster.hasFile('ready') && cluster.hasFile('control.sock'));
    if (code === 0) process.kill(cluster.status()?.pid ?? 0, 'SIGTERM');
    await until('the master to end', () => cluster.process.exitCode === code, 20_000);
    assert.doesNotMatch(cluster.errors, /a fault/);
  }
});

test('what the log still holds then is let go: nothing throws out of the exit', (t) => {
  const [program, ...args] = [...FULL_PIPE, process.execPath, fixture('log-and-exit.mjs')] as const;
  const { status, stderr } = spawnSync(program, args, {
    cwd: temporaryDirectory(t),
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.deepEqual([status, stderr], [7, '']);
});

test('a reader that stands still, on a socket, does not keep the master from its end', async (t) => {
  // Node's own pipes are sockets: what the shell makes, in the test above, is a pipe.
  const cluster = await startScript(t, 'scripts/flood.js', { log: { level: 'trace' } });
  cluster.process.stdout?.pause();
  await until('ready', () => cluster.hasFile('ready'));
  await until('the flood to be over', async () => (await get(cluster.port)).status === 200);
  cluster.signal('SIGTERM');
  await until('the master to end', () => cluster.process.exitCode === 0, 20_000);
  cluster.process.stdout?.resume();
  await cluster.assertGone();
});

test('bytes on the channel that are no message are dropped, and later messages are heard', async (t) => {
  const cluster = await startScript(t, 'scripts/raw-bytes.js', { agent: { script: fixture('talk/agent.mjs') } });
  await cluster.untilReady();
  await cluster.untilLogged('message.dropped', { from: 'app-0' });
  await until('a later message', () => (cluster.output.match(/agent heard \d+/g)?.length ?? 0) >= 2);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
