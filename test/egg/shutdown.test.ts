import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EGGS, type EggCluster, getJson, startEgg, workerPids } from '../helpers/egg.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';

for (const egg of EGGS) {
  test(`${egg}: requests in flight at SIGTERM finish, then the apps close, then the agent`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const replies = Array.from({ length: 8 }, () => get(cluster.port, '/slow?ms=1500'));
    await cluster.untilLogged('egg.app.slow-begun', {}, 8);
    const code = await cluster.stop();
    const finished = await Promise.all(replies);
    assert.deepEqual(
      finished.map(({ status }) => status),
      Array.from({ length: 8 }, () => 200),
    );
    assert.equal(code, 0);
    assert.deepEqual(closings(cluster), ['egg.app.before-close', 'egg.app.before-close', 'egg.agent.before-close']);
    await cluster.assertGone();
  });

  test(`${egg}: a worker that gets SIGTERM from somebody else is replaced while it finishes`, async (t) => {
    const cluster = await startEgg(t, egg, { config: { workers: { count: 1 } } });
    await cluster.untilReady();
    const reply = get(cluster.port, '/slow?ms=10000');
    await cluster.untilLogged('egg.app.slow-begun');
    const before = cluster.kill('app-0', 'SIGTERM');
    await cluster.untilReplaced('app-0', before);
    assert.equal(cluster.logged('child.exited').length, 0);
    assert.equal((await reply).status, 200);
    await cluster.untilLogged('child.exited', { pid: before, code: 0 });
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  for (const role of ['agent', 'app'] as const) {
    test(`${egg}: a stop while the ${role} is being loaded ends the start with 0`, async (t) => {
      const cluster = await startEgg(t, egg, { fault: `${role}-never-loads` });
      await cluster.untilLogged(`egg.${role}.file-loaded`, {}, role === 'app' ? 2 : 1);
      assert.equal(await cluster.stop(), 0);
      assert.equal(cluster.hasFile('started'), false);
      await cluster.assertGone();
    });

    test(`${egg}: a beforeClose of the ${role} that hangs is killed at its bound, with 15`, async (t) => {
      const cluster = await startEgg(t, egg, {
        fault: `${role}-never-closes`,
        config: { shutdown: { app: '1s', agent: '1s' } },
      });
      await cluster.untilReady();
      const asked = performance.now();
      assert.equal(await cluster.stop(), 15);
      const ms = performance.now() - asked;
      assert.ok(ms >= 950 && ms < 8000, `it took ${ms} ms`);
      assert.equal(cluster.logged('child.killed').length, role === 'app' ? 2 : 1);
      await cluster.assertGone();
    });
  }

  test(`${egg}: a stop as early as the first line of the log is answered with 0`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilLogged('boot');
    assert.equal(await cluster.stop(), 0);
    await cluster.assertGone();
  });

  test(`${egg}: an idle keep-alive connection does not hold up a stop`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    const reply = await fetch(`http://127.0.0.1:${cluster.port}/`, { headers: { connection: 'keep-alive' } });
    await reply.text();
    const asked = performance.now();
    assert.equal(await cluster.stop(), 0);
    assert.ok(performance.now() - asked < 5000, `it took ${performance.now() - asked} ms`);
    await cluster.assertGone();
  });

  test(`${egg}: kill -9 of the master leaves nothing after 2 s`, async (t) => {
    const cluster = await startEgg(t, egg);
    await cluster.untilReady();
    await workerPids(cluster);
    await getJson(cluster.port, '/publish?value=red');
    cluster.signal('SIGKILL');
    const killed = performance.now();
    assert.equal(await cluster.ended(), 'SIGKILL');
    await until('no process to be left', () => cluster.processes().length === 0);
    assert.ok(performance.now() - killed < 2000, `it took ${performance.now() - killed} ms`);
  });
}

/** The closing hooks that ran, in their order. */
function closings(cluster: EggCluster): readonly string[] {
  return cluster.log.map(({ event }) => event).filter((event) => event.endsWith('.before-close'));
}
