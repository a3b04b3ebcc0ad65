/** `eggcup compile --app` with an egg application: agent and workers have a cache each. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { moduleCacheFile, ROLES } from '#eggcup/module-cache/place.js';
import { run } from '../helpers/cli.js';
import { fixture, projectRoot } from '../helpers/cluster.js';
import { agentPid, EGGS, pageOf, startEgg, workerPids } from '../helpers/egg.js';
import { freePort } from '../helpers/net.js';
import { untilStandby } from '../helpers/standby.js';
import { temporaryDirectory } from '../helpers/temporary.js';

for (const egg of EGGS) {
  test(`${egg}: agent, workers and their successors start with what was kept of their first start`, async (t) => {
    const folder = temporaryDirectory(t);
    for (const part of [`${egg}-app`, 'egg-parts']) cpSync(fixture(part), join(folder, part), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    const baseDir = join(folder, `${egg}-app`);
    const home = join(folder, 'home');
    mkdirSync(home);
    const config = join(folder, 'cluster.yaml');
    const workers = { count: 2, standby: 1 };
    writeFileSync(config, JSON.stringify({ app: { baseDir, framework: egg, port: await freePort() }, workers }));
    const env = { EGG_HOME: home, EGG_SERVER_ENV: 'prod', NODE_ENV: 'production' };
    const { code, stderr } = run('cli', ['compile', '--app', '--config', config], folder, env);
    assert.deepEqual([code, stderr], [0, '']);
    for (const role of ROLES) assert.ok(existsSync(moduleCacheFile(baseDir, role)), role);

    const cluster = await startEgg(t, egg, { app: { baseDir }, config: { workers } });
    await cluster.untilReady();
    const [first] = await workerPids(cluster);
    const agent = await agentPid(cluster);
    assert.equal((await pageOf(cluster, first)).env, 'prod');
    const standby = await untilStandby(cluster);
    cluster.kill('app-0');
    assert.equal(await cluster.untilReplaced('app-0', first), standby);
    cluster.kill('agent');
    await cluster.untilReplaced('agent', agent);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
    assert.deepEqual(cluster.logged('worker.cache-unused'), []);
  });
}
