import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, type WorkerPage, agentPid, getJson, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { startCluster, fixture } from '../helpers/cluster.js';
import { freePort } from '../helpers/net.js';

import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: agent.js comes before app.js, both workers serve, and the files say so`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const lines = cluster.log.map(({ event }) => event);
    assert.ok(lines.indexOf('egg.agent.will-ready') < lines.indexOf('egg.app.file-loaded'), lines.join('\n'));
    for (const pid of await workerPids(cluster)) assert.equal((await pageOf(cluster, pid)).env, 'prod');
    assert.deepEqual([cluster.hasFile('started'), cluster.hasFile('live')], [true, true]);
    assert.equal(cluster.status()?.address, `http://127.0.0.1:${cluster.port}`);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: without app.port the application's own config decides`, async (t) => {
    const own = await freePort();
    const cluster = await startEgg(t, egg, { app: { port: undefined }, env: { APP_LISTEN_PORT: String(own) } });
    await cluster.untilReady();
    assert.equal(cluster.status()?.address, `http://127.0.0.1:${own}`);
    assert.equal((await getJson<WorkerPage>(own, '/')).env, 'prod');
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: app.port wins over the application's own config`, async (t) => {
    const own = await freePort();
    const cluster = await startEgg(t, egg, { env: { APP_LISTEN_PORT: String(own) } });
    await cluster.untilReady();
    assert.equal(cluster.status()?.address, `http://127.0.0.1:${cluster.port}`);
    await assert.rejects(getJson(own, '/'), { code: 'ECONNREFUSED' });
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: the master loads no framework`, async (t) => {
    const cluster = await startEgg(t, egg, { app: { framework: './framework.js' } });
    await cluster.untilReady();
    const workers = await workerPids(cluster);
    const loaded = cluster.logged('egg.framework.loaded').map(({ pid }) => Number(pid));
    assert.deepEqual(new Set(loaded), new Set([await agentPid(cluster), ...workers]));
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: serverDidReady runs once in the agent and in every worker`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const pids = [await agentPid(cluster), ...(await workerPids(cluster))];
    const ready = (): readonly number[] =>
      [...cluster.logged('egg.agent.server-did-ready'), ...cluster.logged('egg.app.server-did-ready')].map(({ pid }) =>
        Number(pid),
      );
    await until('three times serverDidReady', () => ready().length >= 3);
    assert.equal(await cluster.stop(), 0);
    assert.equal(ready().length, 3);
    assert.deepEqual(new Set(ready()), new Set(pids));
    await cluster.assertGone();
  });
}

test('an ES module application shares one instance of egg 4 with its agent and workers', async (t) => {
  const cluster = await startEgg(t, 'egg4', { app: { baseDir: fixture('egg4-esm-app') } });
  await cluster.untilReady();
  for (const pid of await workerPids(cluster)) assert.equal((await pageOf(cluster, pid)).pid, pid);
  const constructed = [...cluster.logged('egg.agent.constructed'), ...cluster.logged('egg.app.constructed')];
  assert.deepEqual(
    constructed.map(({ isInstance }) => isInstance),
    [true, true, true],
  );
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a framework that is not installed is a fault of the config, and its message names it', async (t) => {
  const cluster = startCluster(t, { config: { app: { baseDir: fixture('egg3-app'), framework: 'egg99' } } });
  assert.equal(await cluster.ended(), 78);
  assert.match(String(cluster.logged('boot.failed')[0]?.['problem']), /"egg99" is not found from app\.baseDir/);
  await cluster.assertGone();
});

test('a framework without Application and Agent ends the start with 10, and its message says what is missing', async (t) => {
  const cluster = startCluster(t, {
    config: { app: { baseDir: fixture('egg3-app'), framework: '../egg-parts/tell.js' } },
  });
  assert.equal(await cluster.ended(), 10);
  assert.match(String(cluster.logged('child.start-failed')[0]?.['message']), /should define Application in .*tell\.js/);
  await cluster.assertGone();
});
