/** A stop that comes before the cluster is ready. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { hasCode } from '#eggcup/errors.js';
import { fixture, startCluster, startScript } from '../helpers/cluster.js';
import { freePort } from '../helpers/net.js';
import { catchesSignal } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('a stop during boot ends the boot with 0, at whatever moment it comes', async (t) => {
  // Node itself needs some 30 ms until the first line of the entry runs; before it the signal is Node's to answer.
  // (SIGHUP is claimed after the stop signals, and Node has no handler of its own for it.)
  for (let ms = 60; ms <= 700; ms += 40) {
    const app = { script: fixture('scripts/slow-start.js'), port: await freePort(), env: { START_MS: '300' } };
    const agent = { script: fixture('scripts/agent-await.mjs') };
    const cluster = startCluster(t, { config: { app, agent, workers: { count: 2 } } });
    await setTimeout(ms);
    const claimed = catchesSignal(cluster.pid, 'SIGHUP');
    const code = await cluster.stop();
    assert.ok(code === 0 || (!claimed && code === 'SIGTERM'), `${code} after ${ms} ms:\n${cluster.output}`);
    assert.ok(!cluster.hasFile('ready') && !cluster.hasFile('live'));
    await cluster.assertGone();
  }
});

test('a stop that was asked for while the config was waited for is heard before anything is forked', async (t) => {
  const dir = temporaryDirectory(t);
  const fifo = join(dir, 'cluster.yaml');
  execFileSync('mkfifo', [fifo]);
  const cluster = startCluster(t, { config: {}, withoutConfig: true, env: { EGGCUP_CONFIG: fifo } });
  const opened = (): boolean =>
    readdirSync(`/proc/${cluster.pid}/fd`).some((fd) => linkOf(`/proc/${cluster.pid}/fd/${fd}`) === fifo);
  await until('the FIFO to be read', opened);
  cluster.signal('SIGTERM');
  const app = { script: fixture('scripts/hello.js'), port: await freePort() };
  writeFileSync(fifo, JSON.stringify({ app, health: { dir: cluster.healthDir } }));
  assert.equal(await cluster.ended(), 0);
  assert.equal(cluster.logged('boot.stopped').length, 1);
  assert.equal(cluster.logged('child.forked').length, 0);
  await cluster.assertGone();
});

/** Where a descriptor leads, while it is open. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

test('two and three signals during boot leave nothing either', async (t) => {
  for (const signals of [2, 3]) {
    const cluster = await startScript(
      t,
      'scripts/slow-start.js',
      { agent: { script: fixture('scripts/agent-idle.js') } },
      { env: { START_MS: '30000' } },
    );
    await cluster.untilLogged('child.forked');
    for (let sent = 0; sent < signals; sent += 1) cluster.signal('SIGTERM');
    const code = await cluster.ended();
    assert.ok(code === 0 || code === 15, String(code));
    await cluster.assertGone();
  }
});
