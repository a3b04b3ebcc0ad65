import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Cluster, fixture, startCluster, startScript } from '../helpers/cluster.js';
import { freePort } from '../helpers/net.js';
import { pidNamespace, pidOfInit } from '../helpers/namespace.js';
import { temporaryDirectory } from '../helpers/temporary.js';

/** Every signal that ends a process by default, can be caught, and means nothing to a cluster. */
const FATAL = [
  ...(['SIGALRM', 'SIGVTALRM', 'SIGXCPU', 'SIGXFSZ', 'SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const),
  ...(['SIGABRT', 'SIGTRAP', 'SIGSYS'] as const),
];

interface Watched {
  readonly cluster: Cluster;
  readonly master: number;
  readonly hooks: () => readonly string[];
  readonly terminationLog: string;
}

/** A master with other copies of signal-exit in its process; as PID 1 when a wrapper is given. */
async function startWatched(t: TestContext, wrapper?: readonly string[]): Promise<Watched> {
  const dir = temporaryDirectory(t);
  const terminationLog = join(dir, 'termination-log');
  writeFileSync(terminationLog, '');
  const HOOKS = join(dir, 'hooks');
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/hello.js'), port: await freePort() },
      workers: { count: 1 },
      terminationLog,
    },
    env: { NODE_OPTIONS: `--import=${fixture('init/exit-hooks.mjs')}`, HOOKS },
    ...(wrapper === undefined ? {} : { wrapper }),
  });
  await cluster.untilReady();
  const master = wrapper === undefined ? cluster.pid : await pidOfInit(cluster.pid);
  const hooks = (): readonly string[] => (existsSync(HOOKS) ? readFileSync(HOOKS, 'utf8').trim().split('\n') : []);
  return { cluster, master, hooks, terminationLog };
}

async function assertEndsWith(watched: Watched, signal: NodeJS.Signals, code: number): Promise<void> {
  const { cluster, master, hooks, terminationLog } = watched;
  process.kill(master, signal);
  assert.equal(await cluster.ended(20_000), code, signal);
  assert.deepEqual(hooks().toSorted(), [`v3 ${code} null`, `v4 ${code} null`], `${signal}: each hook runs once`);
  assert.deepEqual(readdirSync(cluster.healthDir), [], signal);
  const message = readFileSync(terminationLog, 'utf8');
  if (code === 0) assert.equal(message, '');
  else assert.match(message, new RegExp(`^eggcup exits with code ${code}: ${signal} was sent to the master`));
  await cluster.assertGone();
}

for (const signal of FATAL) {
  test(`${signal} ends the master with 128+n, after the last clean-up, also with other copies of signal-exit`, async (t) => {
    await assertEndsWith(await startWatched(t), signal, 128 + constants.signals[signal]);
  });
}

for (const number of [4, 11, 34, 64]) {
  test(`signal ${number}, that somebody sends, ends the master in the same way`, async (t) => {
    const { cluster, terminationLog } = await startWatched(t);
    process.kill(cluster.pid, number);
    assert.equal(await cluster.ended(20_000), 128 + number);
    assert.match(readFileSync(terminationLog, 'utf8'), /SIG\w+ was sent to the master/);
    await cluster.assertGone();
  });
}

test('a fault of the master itself is no signal that somebody has sent: the kernel ends it', async (t) => {
  const dir = temporaryDirectory(t);
  const [SEGFAULT, SEGFAULT_WHEN] = [join(dir, 'segfault.node'), join(dir, 'now')];
  const built = spawnSync('gcc', ['-shared', '-fPIC', '-nostdlib', '-o', SEGFAULT, fixture('init/segfault.c')]);
  if (built.status !== 0) return t.skip('gcc is not installed (apt-get install gcc)');
  const env = { NODE_OPTIONS: `--import=${fixture('init/segfault.mjs')}`, SEGFAULT, SEGFAULT_WHEN };
  const cluster = await startScript(t, 'scripts/hello.js', {}, { env });
  await cluster.untilReady();
  writeFileSync(SEGFAULT_WHEN, '');
  assert.equal(await cluster.ended(20_000), 'SIGSEGV');
});

for (const signal of ['SIGALRM', 'SIGABRT', 'SIGSYS'] as const) {
  test(`${signal} does so to PID 1, which a signal of its own can't end`, async (t) => {
    const wrapper = pidNamespace(t);
    if (wrapper === undefined) return;
    await assertEndsWith(await startWatched(t, wrapper), signal, 128 + constants.signals[signal]);
  });
}

test('a stop of PID 1 runs the hooks of all copies of signal-exit once', async (t) => {
  const wrapper = pidNamespace(t);
  if (wrapper === undefined) return;
  await assertEndsWith(await startWatched(t, wrapper), 'SIGTERM', 0);
});

test('SIGUSR1 does not open the inspector', async (t) => {
  const { cluster, master } = await startWatched(t);
  process.kill(master, 'SIGUSR1');
  await cluster.untilLogged('signal.ignored', { signal: 'SIGUSR1' });
  assert.doesNotMatch(cluster.errors, /Debugger listening/);
  assert.equal(await cluster.stop(), 0);
});
