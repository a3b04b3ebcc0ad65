import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, pageOf, startEgg, workerPids } from '../helpers/egg.js';

for (const egg of EGGS) {
  test(`${egg}: a process on standby has the framework loaded and nothing of the application; then it is an app worker`, async (t) => {
    const workers = { count: 2, standby: 1 };
    const cluster = await startEgg(t, egg, { app: { framework: './framework.js' }, config: { workers } });
    await cluster.untilReady();
    const standby = await cluster.untilStandby();
    const loaded = (): number => cluster.logged('egg.app.file-loaded', { pid: standby }).length;
    assert.equal(loaded(), 0);
    await cluster.untilLogged('egg.framework.loaded', { pid: standby });
    const pid = cluster.kill('app-0');
    await cluster.untilReplaced('app-0', pid);
    assert.equal(cluster.pidOf('app-0'), standby);
    assert.equal((await pageOf(cluster, standby)).pid, standby);
    assert.ok((await workerPids(cluster)).includes(standby));
    assert.equal(loaded(), 1);
    await cluster.untilStandby(standby);
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });
}
