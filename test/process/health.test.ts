import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, projectRoot, startScript } from '../helpers/cluster.js';
import { get } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

interface Answer {
  readonly code: number | null;
  readonly line: string;
}

function probe(...args: readonly string[]): Answer {
  const { status, stdout } = spawnSync(process.execPath, [join(projectRoot, 'dist/probe.js'), ...args], {
    encoding: 'utf8',
  });
  return { code: status, line: stdout };
}

test('`live` is there from boot, `started` and `ready` from egg-ready, none after the end', async (t) => {
  const cluster = await startScript(t, 'scripts/slow-start.js', {}, { env: { START_MS: '500' } });
  await until('live', () => cluster.hasFile('live'));
  assert.equal(cluster.status()?.phase ?? 'starting', 'starting');
  assert.ok(!cluster.hasFile('started') && !cluster.hasFile('ready'));
  await cluster.untilReady();
  assert.ok(cluster.hasFile('started'));
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('a probe answers by its exit code, also where its line cannot be written', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const ask = (what: string, output: string): unknown => {
    const line = `"$0" "$1" ${what} --dir "$2" > ${output}`;
    const words = [process.execPath, join(projectRoot, 'dist/probe.js'), cluster.healthDir];
    const { status, stderr } = spawnSync('bash', ['-c', line, ...words], { encoding: 'utf8' });
    return [status, stderr];
  };
  assert.deepEqual(
    [ask('ready', '/dev/full'), ask('ready', '>(true)')],
    [
      [0, ''],
      [0, ''],
    ],
  );
  assert.deepEqual(ask('nothing', '/dev/full'), [1, '']);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('`live` beats at least every two seconds', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const mtime = (): number => statSync(join(cluster.healthDir, 'live')).mtimeMs;
  const first = mtime();
  await until('a beat', () => mtime() > first, 5000);
  assert.equal(await cluster.stop(), 0);
});

test('the probe says yes and no with a reason, and its options are checked', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const dir = ['--dir', cluster.healthDir];
  for (const what of ['started', 'ready', 'live']) {
    assert.deepEqual(probe(what, ...dir), { code: 0, line: `${what} (running; 2 of 2 app workers listen)\n` });
  }
  assert.equal(await cluster.stop(), 0);
  for (const what of ['started', 'ready', 'live']) {
    const { code, line } = probe(what, ...dir);
    assert.equal(code, 1);
    assert.match(line, new RegExp(`^not ${what}: there is no ${cluster.healthDir}/${what}\\n$`));
  }
  assert.equal(probe('awake').code, 1);
  assert.equal(probe('live', '--dir').code, 1);
  assert.match(probe('--help').line, /usage/);
  assert.match(probe('--version').line, /^\d+\.\d+\.\d+\n$/);
});

test('the probe does not believe what an earlier master has left, though the one that boots has its pid', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const left = temporaryDirectory(t);
  cpSync(cluster.healthDir, left, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  const look = (what: string, status: object): number | null => {
    writeFileSync(join(left, 'status.json'), JSON.stringify({ ...cluster.status(), ...status }));
    utimesSync(join(left, 'live'), new Date(), new Date());
    return probe(what, '--dir', left).code;
  };
  const earlier = { startTicks: '1' };
  assert.deepEqual([look('started', earlier), look('ready', earlier), look('live', earlier)], [1, 1, 0]);
  assert.match(probe('ready', '--dir', left).line, /^not ready: .*ready is of an earlier master/);
  // The same one; one of another version; one that has gone, one in another container.
  const elsewhere = { pidNamespace: 'pid:[1]' };
  for (const other of [{}, { startTicks: undefined }, { ...earlier, pid: 2 ** 22 }, { ...earlier, ...elsewhere }])
    assert.equal(look('ready', other), 0);
  assert.equal(await cluster.stop(), 0);
});

test('the probe finds a master that is stopped as a whole not live', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  cluster.signal('SIGSTOP');
  t.after(() => cluster.signal('SIGCONT'));
  const stale = await until('the probe to notice', () => {
    const answer = probe('live', '--dir', cluster.healthDir);
    return answer.code === 1 ? answer : undefined;
  });
  assert.match(stale.line, /the last heartbeat was [1-9]\d+ s ago/);
  assert.match(probe('ready', '--dir', cluster.healthDir).line, /^not ready: the last heartbeat was [1-9]\d+ s ago/);
  cluster.signal('SIGCONT');
  assert.equal(await cluster.stop(), 0);
});

test('`live` goes away though the event loop of the master hangs, and its children serve on', async (t) => {
  const dir = temporaryDirectory(t);
  const cluster = await startScript(
    t,
    'scripts/hello.js',
    { agent: { script: fixture('scripts/agent-idle.js') } },
    {
      env: {
        NODE_OPTIONS: `--import=${fixture('block-loop.mjs')}`,
        BLOCK_WHEN: join(dir, 'block'),
        BLOCK_MS: '25000',
      },
    },
  );
  await cluster.untilReady();
  writeFileSync(join(dir, 'block'), '');
  await until('live to go', () => !cluster.hasFile('live'), 20_000);
  assert.equal(probe('live', '--dir', cluster.healthDir).code, 1);
  assert.equal(cluster.process.exitCode, null, 'the master still hangs');
});

test('a worker process that blocks its loop does not stop the stop', async (t) => {
  const cluster = await startScript(t, 'scripts/blocked.js', { shutdown: { app: '1s', agent: '1s' } });
  await cluster.untilReady();
  const hanging = get(cluster.port, '/block').catch(() => 'cut');
  await until('it to block', async () => {
    const answers = await Promise.race([
      Promise.all([get(cluster.port), get(cluster.port)]),
      new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 500)),
    ]);
    return answers === 'late';
  });
  assert.equal(await cluster.stop(), 15);
  assert.equal(await hanging, 'cut');
  await cluster.assertGone();
});
