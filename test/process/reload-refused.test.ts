/** A reload that cannot be had changes nothing: another config that is wrong, a version or an agent that does not start. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { until } from '../helpers/until.js';
import { load, rewrite, startVersioned, workers } from '../helpers/versioned.js';

test('a config that is wrong changes nothing, and says all that is wrong', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  const before = workers(cluster);
  rewrite(cluster, { app: { prot: 1 }, workers: { count: 'many' } });
  cluster.signal('SIGHUP');
  const said = await cluster.untilLogged('reload.refused', {}, 2);
  assert.equal(said['code'], 'ERR_CONFIG');
  const problems = cluster.logged('reload.refused').map(({ problem }) => String(problem));
  assert.match(problems.join('\n'), /cluster\.yaml:\d+:\d+ app\.prot: [^]*cluster\.yaml:\d+:\d+ workers\.count: /);
  rmSync(join(cluster.dir, 'cluster.yaml'));
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.refused', {}, 3);
  // Nobody would ever write it, and all requests go through the master.
  assert.equal(spawnSync('mkfifo', [join(cluster.dir, 'cluster.yaml')]).status, 0);
  cluster.signal('SIGHUP');
  assert.match(String((await cluster.untilLogged('reload.refused', {}, 4))['problem']), /no regular file/);
  assert.deepEqual(workers(cluster), before);
  assert.deepEqual(cluster.logged('reload.begun'), []);
  assert.equal(await cluster.stop(), 0);
});

test('a version that does not start ends the roll; the old workers go on, and the next one is tried anew', async (t) => {
  const cluster = await startVersioned(t);
  await cluster.untilReady();
  const clients = load(t, cluster.port);
  const before = workers(cluster);
  rewrite(cluster, { app: { env: { APP_VERSION: 'broken' } } });
  cluster.signal('SIGHUP');
  const aborted = await cluster.untilLogged('reload.aborted');
  assert.equal(aborted['slot'], 'app-0');
  assert.deepEqual(aborted['left'], ['app-0', 'app-1']);
  await until('nobody but the old ones', () => cluster.status()?.children.length === 2);
  assert.deepEqual(workers(cluster), before);
  // A crash meanwhile is answered with what has proven to start.
  cluster.kill('app-1');
  await cluster.untilReplaced('app-1', before[1]);

  rewrite(cluster, { app: { env: { APP_VERSION: 'v2' } } });
  cluster.signal('SIGHUP');
  await cluster.untilLogged('reload.done');
  await clients.untilAnswered(20);
  await clients.stop();
  for (const failure of clients.failures) assert.match(failure, /ECONNRESET|socket hang up/, 'of the killed worker');
  assert.match((await get(cluster.port)).body, /^v2 a /);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('an agent that does not start ends the roll; the next one is like the one before it', async (t) => {
  const cluster = await startVersioned(t, { agent: { script: fixture('scripts/agent-idle.js') } });
  await cluster.untilReady();
  rewrite(cluster, { agent: { script: fixture('scripts/agent-throws.js') } });
  cluster.signal('SIGHUP');
  const aborted = await cluster.untilLogged('reload.aborted');
  assert.deepEqual([aborted['slot'], aborted['left']], ['agent', ['agent']]);
  await until('all to be ready', () => cluster.status()?.children.every(({ state }) => state === 'ready') === true);
  assert.deepEqual([cluster.status()?.phase, cluster.status()?.restartsInWindow], ['running', 0]);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});
