import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startCluster, startScript } from '../helpers/cluster.js';
import { limitDescriptors } from '../helpers/descriptors.js';
import { freePort } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';

const NODE_OPTIONS = `--import=${fixture('throw-in-master.mjs')}`;

test('a fault of the master itself ends it with 70, and nothing is left', async (t) => {
  const place = await startScript(t, 'scripts/hello.js');
  const flag = join(place.dir, 'throw');
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    { agent: { script: fixture('scripts/agent-idle.js') } },
    { env: { NODE_OPTIONS, THROW_WHEN: flag } },
  );
  await cluster.untilReady();
  writeFileSync(flag, '');
  assert.equal(await cluster.ended(), 70);
  assert.match(String(cluster.logged('master.failed')[0]?.['text']), /boom in the master/);
  await cluster.assertGone();
});

test('a second fault, in the answer to the first, still ends it with 70 and leaves nothing', async (t) => {
  const place = await startScript(t, 'scripts/hello.js');
  const flag = join(place.dir, 'throw');
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    { agent: { script: fixture('scripts/agent-idle.js') } },
    { env: { NODE_OPTIONS, THROW_WHEN: flag, THROW_TWICE: '1' } },
  );
  await cluster.untilReady();
  writeFileSync(flag, '');
  assert.equal(await cluster.ended(), 70);
  assert.deepEqual(
    cluster.logged('master.failed').map((line) => String(line['text']).split('\n')[0]),
    ['Error: boom in the master', 'Error: boom in the answer'],
  );
  await cluster.assertGone();
});

test('without a free file descriptor the master goes on, answers a crash, and stops as usual', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { health: { interval: '100ms' } });
  await cluster.untilReady();
  limitDescriptors(cluster.pid, 0);
  await cluster.untilLogged('health.unwritable');
  cluster.kill('app-0');
  await cluster.untilLogged('child.fork-failed', { slot: 'app-0' });
  limitDescriptors(cluster.pid, 1024);
  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  limitDescriptors(cluster.pid, 0);
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(cluster.logged('master.failed'), []);
  await cluster.assertGone();
});

test('a fork that Node throws for is tried again, of an app worker, the agent and a new slot', async (t) => {
  const flag = join(temporaryDirectory(t), 'throws');
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    { agent: { script: fixture('scripts/agent-idle.js') } },
    { env: { NODE_OPTIONS: `--import=${fixture('spawn-throws.mjs')}`, SPAWN_THROWS: flag } },
  );
  await cluster.untilReady();
  writeFileSync(flag, '');
  const killed = [cluster.kill('app-0'), cluster.kill('agent')] as const;
  for (const slot of ['app-0', 'agent']) await cluster.untilLogged('child.fork-failed', { slot }, 2);
  cluster.signal('SIGTTIN');
  await cluster.untilLogged('child.fork-failed', { slot: 'app-2' }, 2);
  rmSync(flag);
  await cluster.untilReplaced('app-0', killed[0]);
  await cluster.untilReplaced('agent', killed[1]);
  await cluster.untilReplaced('app-2', undefined);
  assert.deepEqual(cluster.logged('master.failed'), []);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a refused fork of a slot that was taken over since is forgotten', async (t) => {
  const flag = join(temporaryDirectory(t), 'throws');
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    { restart: { backoff: { initial: '2s', max: '2s' } } },
    { env: { NODE_OPTIONS: `--import=${fixture('spawn-throws.mjs')}`, SPAWN_THROWS: flag } },
  );
  await cluster.untilReady();
  writeFileSync(flag, 'EAGAIN');
  cluster.kill('app-0');
  await cluster.untilLogged('child.fork-failed', { slot: 'app-0' });
  rmSync(flag);
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('reload.done');
  writeFileSync(flag, '');
  const killed = cluster.kill('app-0');
  await cluster.untilLogged('child.fork-failed', { slot: 'app-0' }, 2);
  rmSync(flag);
  await cluster.untilReplaced('app-0', killed);
  assert.equal(await cluster.stop(), 0);
});

test('a fault during the boot ends it with 70 as well', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {}, { env: { NODE_OPTIONS, THROW_WHEN: 'at once' } });
  assert.equal(await cluster.ended(), 70);
  await cluster.assertGone();
});

test('a termination log that is a FIFO nobody reads holds up nobody', async (t) => {
  const terminationLog = join(temporaryDirectory(t), 'fifo');
  execFileSync('mkfifo', [terminationLog]);
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/throws.js'), port: await freePort() }, terminationLog },
  });
  assert.equal(await cluster.ended(), 11);
  assert.equal(cluster.logged('cluster.failed').length, 1);
});

test('the reason of a non-zero exit is in the termination log, when the kubelet has made it', async (t) => {
  const place = await startScript(t, 'scripts/hello.js');
  const terminationLog = join(place.dir, 'termination-log');
  writeFileSync(terminationLog, '');
  const cluster = startCluster(t, {
    config: { app: { script: fixture('scripts/throws.js'), port: await freePort() }, terminationLog },
  });
  assert.equal(await cluster.ended(), 11);
  const text = readFileSync(terminationLog, 'utf8');
  assert.match(text, /^eggcup exits with code 11: app-\d+ failed while starting: boom at load\n/);
  assert.match(text, /app-\d+ \(pid \d+\): code 1/);
  assert.ok(Buffer.byteLength(text) <= 4096);
});
