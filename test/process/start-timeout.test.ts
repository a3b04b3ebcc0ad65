/** Who is not ready within `startup.timeout`, and what is known of why. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startScript } from '../helpers/cluster.js';
import { temporaryDirectory } from '../helpers/temporary.js';

test('who is not ready within startup.timeout is named, and the master ends with 12', async (t) => {
  for (const [app, agent, slots] of [
    ['scripts/falls-through.js', 'scripts/agent-idle.js', ['app-0', 'app-1']],
    ['scripts/hello.js', 'scripts/agent-idle.js', ['agent', 'app-0', 'app-1']],
  ] as const) {
    const cluster = await startScript(t, app, {
      agent: { script: fixture(agent), ready: slots.length === 3 ? 'message' : 'loaded' },
      startup: { timeout: '1s' },
    });
    assert.equal(await cluster.ended(), 12);
    assert.deepEqual(cluster.logged('child.start-timeout')[0]?.['slots'], slots);
    await cluster.assertGone();
  }
});

test('where scripts listen on another address than the config’s, the end with 12 says on which', async (t) => {
  const env = { START_MS: '60000' };
  const cluster = await startScript(t, 'scripts/listens-elsewhere.js', { startup: { timeout: '5s' } }, { env });
  assert.equal(await cluster.ended(), 12);
  const [timeout] = cluster.logged('child.start-timeout');
  const address = /^app-0, app-1: listening on http:\/\/127\.0\.0\.1:\d+, not on port \d+$/;
  assert.match(String(timeout?.['why']), address);
  const reason = `not everything was ready within 5000 ms: app-0, app-1 (${String(timeout?.['why'])})`;
  assert.equal(cluster.logged('stop.begun')[0]?.['reason'], reason);
  await cluster.assertGone();
});

test('where a script listens and has not said that it is ready, the end with 12 says so', async (t) => {
  const config = { app: { ready: 'message' }, workers: { count: 1 }, startup: { timeout: '5s' } };
  const cluster = await startScript(t, 'scripts/hello.js', config);
  assert.equal(await cluster.ended(), 12);
  assert.equal(
    cluster.logged('child.start-timeout')[0]?.['why'],
    `app-0: listening on http://127.0.0.1:${cluster.port}, without process.send('ready')`,
  );
  await cluster.assertGone();
});

test('a server that was closed again, and listens nowhere, is not named', async (t) => {
  const script = join(temporaryDirectory(t), 'closes.cjs');
  writeFileSync(
    script,
    `const servers = Array.from({ length: 5 }, () => require('node:http').createServer().listen(0, '127.0.0.1'));
     const first = require('node:http').createServer().listen(0, '127.0.0.1', () => first.close());
     if (process.env.ALL) for (const server of servers) server.once('listening', () => server.close(() => console.log('closed one')));
     setInterval(() => undefined, 1000);`,
  );
  for (const [ALL, why] of [
    [
      '',
      /^app-0: listening on (?:http:\/\/127\.0\.0\.1:\d+, ){2}http:\/\/127\.0\.0\.1:\d+ and 2 more, not on port \d+$/,
    ],
    ['1', /^undefined$/],
  ] as const) {
    const config = { app: { script }, workers: { count: 1 }, startup: { timeout: '5s' } };
    const cluster = await startScript(t, 'scripts/hello.js', config, { env: { ALL } });
    assert.equal(await cluster.ended(), 12);
    assert.match(String(cluster.logged('child.start-timeout')[0]?.['why']), why);
    assert.equal(cluster.output.match(/closed one/g)?.length, ALL === '' ? undefined : 5);
    await cluster.assertGone();
  }
});

test('the reason of too many crashes is that of the last: a script that has left its port', async (t) => {
  const script = join(temporaryDirectory(t), 'moves.cjs');
  writeFileSync(
    script,
    `const { createServer } = require('node:http');
     const server = createServer().listen(process.env.PORT, () => setTimeout(() => server.close(() => createServer().listen(0)), 100));`,
  );
  const config = { app: { script }, workers: { count: 1 }, startup: { timeout: '5s' }, restart: { limit: 1 } };
  const cluster = await startScript(t, 'scripts/hello.js', config);
  assert.equal(await cluster.ended(), 13);
  assert.match(
    String(cluster.logged('stop.begun')[0]?.['reason']),
    /^1 crashes within 60000 ms \(restart\.limit\); the last was app-0: it was not ready within 5000 ms \(app-0: listening on http.*, not on port \d+\)$/,
  );
  await cluster.assertGone();
});
