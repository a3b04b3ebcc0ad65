import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, startCluster, startScript } from '../helpers/cluster.js';
import { takePort } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

test('an app worker that fails while starting ends the master with 11 and says why', async (t) => {
  for (const [script, why] of [
    ['scripts/exits.js', /code 0/],
    ['scripts/throws.js', /boom at load/],
    ['scripts/throws.mjs', /boom at await/],
  ] as const) {
    const cluster = await startScript(t, script);
    assert.equal(await cluster.ended(), 11, script);
    assert.match(String(cluster.logged('stop.begun')[0]?.['reason']), why);
    assert.ok(!cluster.hasFile('ready') && !cluster.hasFile('started'));
    await cluster.assertGone();
  }
});

test('an option that Node.js does not know is told as such', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', { app: { nodeOptions: ['--no-such-option'] } });
  assert.equal(await cluster.ended(), 11);
  assert.match(
    String(cluster.logged('stop.begun')[0]?.['reason']),
    /^app-\d failed while starting: it exited with code 9, with which Node\.js refuses an option \(app\.nodeOptions/,
  );
  assert.match(cluster.errors, /bad option: --no-such-option/);
  await cluster.assertGone();
});

test('the place of the fault stands in the termination message, or where only Node knows it on standard error', async (t) => {
  const script = 'scripts/throws.js';
  const thrown = await startScript(t, script);
  assert.equal(await thrown.ended(), 11);
  assert.match(
    String(thrown.logged('cluster.failed')[0]?.['lastError']),
    /Error: boom at load\n {4}at .*throws\.js:\d+:\d+/,
  );
  await thrown.assertGone();
  const broken = join(temporaryDirectory(t), 'broken.mjs');
  writeFileSync(broken, 'export const a = 1;\nexport const b = ;\n');
  const cluster = await startScript(t, script, { app: { script: broken } });
  assert.equal(await cluster.ended(), 11);
  assert.match(cluster.errors, /broken\.mjs:2\nexport const b = ;\n.*\^/);
  assert.doesNotMatch(cluster.errors, /dist\/worker.*\n.*\^/);
  assert.match(
    String(cluster.logged('stop.begun')[0]?.['reason']),
    /^app-\d failed while starting: Unexpected token ';'$/,
  );
  await cluster.assertGone();
});

test('a SyntaxError that the program itself has called for has its place in its stack', async (t) => {
  const wrong = join(temporaryDirectory(t), 'wrong.mjs');
  writeFileSync(wrong, 'JSON.parse("{a");\n');
  const cluster = await startScript(t, 'scripts/hello.js', { app: { script: wrong } });
  assert.equal(await cluster.ended(), 11);
  assert.match(cluster.errors, /^SyntaxError: [^\n]*\n {4}at JSON\.parse[^\n]*\n {4}at file:.*wrong\.mjs:1:6/m);
  assert.doesNotMatch(cluster.errors, /throwAway|Node\.js v/);
  await cluster.assertGone();
});

test('an agent that fails while starting ends the master with 10, and no application is loaded', async (t) => {
  const cluster = await startScript(t, 'scripts/order.js', { agent: { script: fixture('scripts/agent-throws.js') } });
  assert.equal(await cluster.ended(), 10);
  assert.match(cluster.errors, /agent boom at load/);
  assert.ok(!cluster.output.includes('app loaded'));
  await cluster.assertGone();
});

test('a taken port ends the master with 14 before anything is forked', async (t) => {
  const port = await takePort(t);
  const cluster = startCluster(t, { config: { app: { script: fixture('scripts/hello.js'), port } } });
  assert.equal(await cluster.ended(), 14);
  assert.match(String(cluster.logged('boot.failed')[0]?.['problem']), new RegExp(`ClusterPortConflictError.*${port}`));
  assert.equal(cluster.logged('child.forked').length, 0);
  await cluster.assertGone();
});

test('so does one that is taken on any single address of the machine', async (t) => {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ address }) => !address.startsWith('fe80:')) // Would need its interface's name.
    .map(({ address }) => address);
  assert.ok(addresses.includes('127.0.0.1'));
  for (const address of ['0.0.0.0', ...addresses]) {
    const port = await takePort(t, address);
    const cluster = startCluster(t, { config: { app: { script: fixture('scripts/hello.js'), port } } });
    assert.equal(await cluster.ended(), 14, address);
  }
});

test('a Unix socket that is taken meanwhile ends the start with 14, though the script hears the error', async (t) => {
  const script = join(temporaryDirectory(t), 'taken.cjs');
  const listen = "require('node:http').createServer().on('error', () => setInterval(() => 0, 1000)).listen('own.sock')";
  writeFileSync(script, `require('node:fs').writeFileSync('own.sock', '');\n${listen};\n`);
  const config = { app: { script, unixSocket: 'own.sock' }, workers: { count: 1 } };
  const cluster = startCluster(t, { config });
  assert.equal(await cluster.ended(), 14);
  assert.match(String(cluster.logged('stop.begun')[0]?.['reason']), /^ClusterPortConflictError: .*own\.sock/);
  await cluster.assertGone();
});

test('two masters on one port: the first serves on, the second ends with 14', async (t) => {
  const first = await startScript(t, 'scripts/hello.js');
  await first.untilReady();
  const second = startCluster(t, { config: { app: { script: fixture('scripts/hello.js'), port: first.port } } });
  assert.equal(await second.ended(), 14);
  await second.assertGone();
  assert.ok(first.hasFile('ready'));
  assert.equal(await first.stop(), 0);
  await first.assertGone();
});

test('a port that is taken between the check and the listen is told as such (14)', async (t) => {
  // Without app.port the master can't check; the script's own error tells.
  const first = await startScript(t, 'scripts/hello.js');
  await first.untilReady();
  const second = startCluster(t, {
    config: { app: { script: fixture('scripts/hello.js'), env: { PORT: String(first.port) } }, workers: { count: 2 } },
  });
  assert.equal(await second.ended(), 14);
  await second.assertGone();
  assert.equal(await first.stop(), 0);
});

test('kill -9 of the agent or a worker during the start ends the master with 10 or 11', async (t) => {
  for (const [slot, code] of [
    ['agent', 10],
    ['app-0', 11],
  ] as const) {
    const cluster = await startScript(
      t,
      'scripts/slow-start.js',
      { agent: { script: fixture('scripts/agent-idle.js') } },
      { env: { START_MS: '30000' } },
    );
    const line = await cluster.untilLogged('child.forked', { slot });
    process.kill(Number(line['pid']), 'SIGKILL');
    assert.equal(await cluster.ended(), code);
    await cluster.assertGone();
  }
});

test('an agent that dies while workers start ends the master with 10', async (t) => {
  const cluster = await startScript(
    t,
    'scripts/slow-start.js',
    { agent: { script: fixture('scripts/agent-idle.js') } },
    { env: { START_MS: '30000' } },
  );
  const line = await cluster.untilLogged('child.ready', { slot: 'agent' });
  process.kill(Number(line['pid']), 'SIGKILL');
  assert.equal(await cluster.ended(), 10);
  await cluster.assertGone();
});

test('what the kernel finds wrong with a fork is told as a failed start (11), and leaves nothing', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {
    app: { args: ['x'.repeat(200_000)] },
    agent: { script: fixture('scripts/agent-idle.js') },
  });
  assert.equal(await cluster.ended(), 11);
  assert.match(String(cluster.logged('stop.begun')[0]?.['reason']), /app-0 .*could not be forked: spawn E2BIG/);
  await cluster.assertGone();
});

test('a Unix socket whose path the kernel would cut off is refused with 78', async (t) => {
  const config = { app: { script: fixture('scripts/unix.js'), unixSocket: `/tmp/${'x'.repeat(110)}` } };
  const cluster = startCluster(t, { config });
  assert.equal(await cluster.ended(), 78);
});

test('a taken port that is not the application’s is the script’s own business', async (t) => {
  const port = await takePort(t);
  const env = { OTHER_PORT: String(port) };
  const cluster = await startScript(t, 'scripts/tries-other-port.js', {}, { env });
  await cluster.untilReady();
  await until('it to cope', () => cluster.output.includes('coped'));
  assert.equal(await cluster.stop(), 0);
});
