import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { projectRoot } from '../helpers/cluster.js';
import { EGGS, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { childrenOf, isLiving } from '../helpers/processes.js';
import { untilStandby } from '../helpers/standby.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: a process on standby has the framework loaded and nothing of the application; then it is an app worker`, async (t) => {
    const workers = { count: 2, standby: 1 };
    const cluster = await startEgg(t, egg, { app: { framework: './framework.js' }, config: { workers } });
    await cluster.untilReady();
    const standby = await untilStandby(cluster);
    const loaded = (): number => cluster.logged('egg.app.file-loaded', { pid: standby }).length;
    assert.equal(loaded(), 0);
    await cluster.untilLogged('egg.framework.loaded', { pid: standby });
    const pid = cluster.kill('app-0');
    await cluster.untilReplaced('app-0', pid);
    assert.equal(cluster.pidOf('app-0'), standby);
    assert.equal((await pageOf(cluster, standby)).pid, standby);
    assert.ok((await workerPids(cluster)).includes(standby));
    assert.equal(loaded(), 1);
    await untilStandby(cluster, standby);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}

/** What a framework may do, though it should not, when it is loaded. */
const FRAMEWORKS = {
  'starts a process': `require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' });`,
  'never ends': `for (let isTold = false; existsSync(join(__dirname, 'broken')) || isTold; isTold = true)
    if (!isTold) writeFileSync(join(__dirname, 'hangs'), '');`,
  throws: `if (existsSync(join(__dirname, 'broken'))) throw new Error('the framework is broken');`,
};

function frameworkThat(t: TestContext, does: keyof typeof FRAMEWORKS): string {
  const folder = temporaryDirectory(t);
  const file = join(folder, 'framework.cjs');
  const lines = [
    `const { existsSync, writeFileSync } = require('node:fs');`,
    `const { join } = require('node:path');`,
    FRAMEWORKS[does],
    `module.exports = require(${JSON.stringify(join(projectRoot, 'node_modules/egg3'))});`,
  ];
  writeFileSync(file, lines.join('\n'));
  return file;
}

test('what the framework has started is ended with a process on standby', async (t) => {
  const framework = frameworkThat(t, 'starts a process');
  const workers = { count: 1, standby: 1 };
  const cluster = await startEgg(t, 'egg3', { app: { framework }, config: { workers } });
  await cluster.untilReady();
  const standby = await untilStandby(cluster);
  const helper = await until('its process', () => childrenOf(standby)[0]);
  cluster.signal('SIGUSR2');
  await cluster.untilLogged('standby.exited', { pid: standby });
  await until('it to end', () => !isLiving(helper));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('while the framework cannot be loaded nobody is given to a worker’s slot that has not loaded it', async (t) => {
  const framework = frameworkThat(t, 'never ends');
  const config = { workers: { count: 1, standby: 1 }, startup: { timeout: '8s' }, restart: { backoff: { max: '1s' } } };
  const cluster = await startEgg(t, 'egg3', { app: { framework }, config });
  await cluster.untilReady();
  const first = await untilStandby(cluster);
  writeFileSync(join(dirname(framework), 'broken'), '');
  cluster.kill('app-0');
  await until('the standby to serve', () => cluster.pidOf('app-0') === first);
  await until('another one to load', () => existsSync(join(dirname(framework), 'hangs')));
  const hangs = cluster.status()?.standbys[0]?.pid;
  assert.equal(cluster.status()?.standbys[0]?.state, 'starting');
  rmSync(join(dirname(framework), 'broken'));
  const last = cluster.kill('app-0');
  assert.notEqual(await cluster.untilReplaced('app-0', last), hangs);
  const { why } = await cluster.untilLogged('standby.failed', { pid: hangs });
  assert.equal(why, 'it has not loaded what it may within 8000 ms');
  await untilStandby(cluster);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a framework that cannot be loaded any more is told, and tried again', async (t) => {
  const framework = frameworkThat(t, 'throws');
  const config = { workers: { count: 1, standby: 1 }, restart: { backoff: { max: '1s' } } };
  const cluster = await startEgg(t, 'egg3', { app: { framework }, config });
  await cluster.untilReady();
  const standby = await untilStandby(cluster);
  writeFileSync(join(dirname(framework), 'broken'), '');
  process.kill(standby, 'SIGKILL');
  await cluster.untilLogged('standby.failed', { why: 'the framework is broken' });
  rmSync(join(dirname(framework), 'broken'));
  await untilStandby(cluster, standby);
  assert.deepEqual(cluster.logged('child.exited'), []);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
