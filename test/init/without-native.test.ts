import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startCluster } from '../helpers/cluster.js';
import { freePort, get } from '../helpers/net.js';
import { pidNamespace, pidOfInit } from '../helpers/namespace.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';
import { installWithoutNative } from '../helpers/without-native.js';

function run(entry: string, args: readonly string[]): { code: number | null; out: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, errors: stderr };
}

test('a command is run, with one warning that names the remedy', (t) => {
  const entry = installWithoutNative(t);
  const { code, out, errors } = run(entry, ['-s', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.deepEqual({ code, out }, { code: 7, out: 'out\n' });
  assert.match(
    errors,
    /native part can't be loaded, so orphans are not reaped; run the container with an init \(docker run --init\)/,
  );
  assert.match(errors, /-s and -p need it: ignored/);
  assert.equal(errors.match(/native part can't be loaded/g)?.length, 1);
});

test('its exit codes are the same', (t) => {
  const entry = installWithoutNative(t);
  for (const [args, code] of [
    [['true'], 0],
    [['/does/not/exist'], 127],
    [['/etc/passwd'], 126],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['-e', '143', 'sh', '-c', 'kill -TERM $$'], 0],
  ] as const) {
    assert.equal(run(entry, [...args]).code, code, args.join(' '));
  }
});

test('a cluster runs as PID 1: said once, the zombies are counted, `live` is taken away all the same', async (t) => {
  const wrapper = pidNamespace(t);
  if (wrapper === undefined) return;
  const block = join(temporaryDirectory(t), 'block');
  const port = await freePort();
  const cluster = startCluster(t, {
    config: {
      app: { script: fixture('scripts/leaves-orphans.js'), port },
      workers: { count: 1 },
      health: { interval: '1s' },
    },
    wrapper,
    entry: installWithoutNative(t),
    env: { NODE_OPTIONS: `--import=${fixture('block-loop.mjs')}`, BLOCK_WHEN: block, BLOCK_MS: '30000' },
  });
  await cluster.untilReady();
  const [warning, ...more] = cluster.logged('init.unavailable');
  assert.match(String(warning?.['remedy']), /docker run --init/);
  assert.match(String(warning?.['reason']), /native\/prebuilt/);
  assert.deepEqual(more, []);
  await until('the zombie to be counted', () => (cluster.status()?.zombies ?? 0) > 0);
  assert.equal((await get(port)).body, 'hello');
  writeFileSync(block, '');
  await until('live to go', () => !cluster.hasFile('live'), 20_000);
  process.kill(await pidOfInit(cluster.pid), 'SIGKILL');
});

test('sticky sessions by cookie or header are refused, with the remedy', async (t) => {
  const entry = installWithoutNative(t);
  const start = async (sticky: string): Promise<ReturnType<typeof startCluster>> =>
    startCluster(t, {
      config: { app: { script: fixture('scripts/hello.js'), port: await freePort() }, listen: { sticky } },
      entry,
    });
  const refused = await start('cookie:worker');
  assert.equal(await refused.ended(), 78);
  assert.match(
    String(refused.logged('boot.failed')[0]?.['problem']),
    /^listen\.sticky "cookie:worker" needs the native part, .*; use "address" or "none", or run on Linux/,
  );
  const byAddress = await start('address');
  await byAddress.untilReady();
  assert.equal(await byAddress.stop(), 0);
});
