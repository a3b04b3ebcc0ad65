import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Cluster, fixture, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { pidNamespace, pidOfInit } from '../helpers/namespace.js';
import { isLiving } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

type Daemons = Cluster & { readonly port: number; readonly daemonLog: string };

/** A master whose one worker has left two daemons behind, each in a session of its own. */
async function startWithDaemons(
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
  wrapper?: readonly string[],
): Promise<Daemons> {
  const daemonLog = join(temporaryDirectory(t), 'daemons');
  const options = { env: { DAEMON_LOG: daemonLog, ...env }, ...(wrapper === undefined ? {} : { wrapper }) };
  const cluster = await startScript(t, 'scripts/leaves-daemons.js', { workers: { count: 1 } }, options);
  t.after(() => {
    for (const pid of daemonsOf(daemonLog)) process.kill(pid, 'SIGKILL');
  });
  await cluster.untilReady();
  await until('both daemons to be ready', () => {
    return existsSync(daemonLog) && readFileSync(daemonLog, 'utf8').match(/ready/g)?.length === 2;
  });
  // A shell that has just forked shows twice, until its `sleep` is one.
  await until('there to be two of them', () => daemonsOf(daemonLog).length === 2);
  return Object.assign(cluster, { daemonLog });
}

/** By their command line: it is all that they still have of their master. */
function daemonsOf(daemonLog: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isLiving(pid) && commandLine(pid).includes(`daemon-of-${daemonLog}`));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

function assertNoDaemon({ daemonLog }: Daemons): void {
  assert.deepEqual(daemonsOf(daemonLog), []);
}

test('a stop ends what has left its session and its environment too: first it is asked, then killed', async (t) => {
  const cluster = await startWithDaemons(t);
  assert.equal(await cluster.stop(), 0);
  assertNoDaemon(cluster);
  assert.match(readFileSync(cluster.daemonLog, 'utf8'), /TERM/);
  assert.equal(cluster.logged('child.orphan-told').length, 1);
  assert.ok(cluster.logged('child.orphan-killed').length >= 1);
  await cluster.assertGone();
});

test('so does an exit after a fault of the master', async (t) => {
  const flag = join(temporaryDirectory(t), 'throw');
  const NODE_OPTIONS = `--import=${fixture('throw-in-master.mjs')}`;
  const cluster = await startWithDaemons(t, { NODE_OPTIONS, THROW_WHEN: flag });
  writeFileSync(flag, '');
  assert.equal(await cluster.ended(), 70);
  assertNoDaemon(cluster);
});

test('so does a signal that ends the master at once', async (t) => {
  const cluster = await startWithDaemons(t);
  cluster.signal('SIGALRM');
  assert.equal(await cluster.ended(), 128 + 14);
  assertNoDaemon(cluster);
  await cluster.assertGone();
});

test('so does PID 1, where the kernel does the rest', async (t) => {
  const wrapper = pidNamespace(t);
  if (wrapper === undefined) return;
  const cluster = await startWithDaemons(t, {}, wrapper);
  process.kill(await pidOfInit(cluster.pid), 'SIGTERM');
  assert.equal(await cluster.ended(), 0);
  assertNoDaemon(cluster);
  assert.match(readFileSync(cluster.daemonLog, 'utf8'), /TERM/);
  await cluster.assertGone();
});

test('a worker that crashes leaves its daemons to the master, not to init', async (t) => {
  const cluster = await startWithDaemons(t);
  await get(cluster.port, '/crash').catch(() => undefined);
  await cluster.untilLogged('child.ready', { slot: 'app-0' }, 2);
  assert.ok(daemonsOf(cluster.daemonLog).length >= 2);
  assert.equal(await cluster.stop(), 0);
  assertNoDaemon(cluster);
});

test('a worker that hangs dies with a master that was killed', async (t) => {
  const cluster = await startScript(t, 'scripts/blocked.js', { workers: { count: 1 } });
  await cluster.untilReady();
  const worker = cluster.pidOf('app-0') ?? 0;
  get(cluster.port, '/block').catch(() => undefined);
  await until('it to hang', () => hangs(cluster.port));
  cluster.signal('SIGKILL');
  await cluster.ended();
  await until('the worker to be killed', () => !isLiving(worker), 30_000);
});

async function hangs(port: number): Promise<boolean> {
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 500));
  return (await Promise.race([get(port).catch(() => 'cut'), late])) === 'late';
}
