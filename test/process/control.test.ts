/** `eggcup status`, `reload` and `scale`, as an operator calls them beside a running master. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../helpers/cli.js';
import { fixture, projectRoot, startScript } from '../helpers/cluster.js';
import { cliFile, eggcup, say, socketOf, startAnswering } from '../helpers/control.js';
import { Load, ask } from '../helpers/load.js';
import { get } from '../helpers/net.js';
import { stateOf } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';
import { rewrite } from '../helpers/versioned.js';

test('status shows the cluster to people, and to programs what status.json has', async (t) => {
  const cluster = await startAnswering(t, { agent: { script: fixture('scripts/agent-idle.js') } });
  const { code, stdout, stderr } = eggcup(cluster, 'status');
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(
    stdout,
    new RegExp(
      `^phase +running, ready\naddress +http://.*:${cluster.port}\nmaster +process ${cluster.pid}, for \\d+s\n`,
    ),
  );
  assert.match(stdout, /\napp workers +2 of 2 listen; ready with 1\n/);
  for (const reason of cluster.status()?.plan.reasons ?? []) assert.ok(stdout.includes(reason));
  for (const slot of ['agent', 'app-0', 'app-1'])
    assert.match(stdout, new RegExp(`\n${slot} +${cluster.pidOf(slot)} +ready +0 +\\d+ MiB +\\d{4}-\\S+Z \\(\\d+s\\)`));
  const asJson = JSON.parse(eggcup(cluster, 'status', '--json').stdout) as Record<string, unknown>;
  const file = { ...cluster.status() } as Record<string, unknown>;
  assert.deepEqual(Object.keys(asJson), Object.keys(file));
  assert.deepEqual([asJson['pid'], asJson['plan'], asJson['phase']], [file['pid'], file['plan'], 'running']);
  // By the variable, and by the path of the socket itself.
  assert.equal(run('cli', ['status'], projectRoot, { EGGCUP_HEALTH_DIR: cluster.healthDir }).code, 0);
  assert.equal(run('cli', ['status', '--socket', 'health/control.sock'], cluster.dir).code, 0);
  assert.equal(await cluster.stop(), 0);
  await cluster.assertGone();
});

test('status --watch goes on until the master has gone', async (t) => {
  const cluster = await startAnswering(t);
  const watch = spawn(process.execPath, [cliFile, 'status', '--watch', '--json', '--dir', cluster.healthDir]);
  t.after(() => watch.kill('SIGKILL'));
  let [out, errors] = ['', ''];
  watch.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  watch.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await until('three lines', () => out.split('\n').length > 3);
  for (const line of out.trimEnd().split('\n')) assert.equal((JSON.parse(line) as { pid: number }).pid, cluster.pid);
  const ended = once(watch, 'close');
  assert.equal(await cluster.stop(), 0);
  assert.deepEqual(await ended, [1, null]);
  assert.match(errors, /^eggcup status: .*control\.sock.*\n$/);
});

test('status --watch prints blocks to who reads them, and ends with its reader', async (t) => {
  const cluster = await startAnswering(t);
  const line = `"${process.execPath}" "${cliFile}" status --watch --dir "${cluster.healthDir}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', `(${line}; echo $? >&2) | grep -m 2 ^phase`], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.deepEqual([stdout, stderr], ['phase        running, ready\n'.repeat(2), '0\n']);
  assert.equal(await cluster.stop(), 0);
});

test('reload reads the config again and waits until all workers are new', async (t) => {
  const cluster = await startAnswering(t);
  const load = new Load(t, [() => ask({ port: cluster.port, agent: false })]);
  rewrite(cluster, { app: { env: { APP_VERSION: 'v2' } } });
  const { code, stdout, stderr } = eggcup(cluster, 'reload');
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^all app workers have been replaced, in \d+\.\d s\n$/);
  assert.match((await get(cluster.port)).body, /^v2 /);
  await load.stop();
  assert.deepEqual(load.failures, []);
  await cluster.untilLogged('reload.done', { reason: 'eggcup reload' });
  assert.equal(cluster.logged('config.changed').length, 1);

  const begun = eggcup(cluster, 'reload', '--no-wait');
  assert.deepEqual([begun.code, begun.stdout.startsWith('the config is right; ')], [0, true]);
  // Asked during a roll it waits for the one after it.
  assert.equal(eggcup(cluster, 'reload').code, 0);
  assert.equal((await cluster.untilLogged('reload.done', {}, 3))['reason'], 'eggcup reload');
  assert.equal(await cluster.stop(), 0);
});

test('reload says why it was refused or given up: exit 1, and the cluster goes on', async (t) => {
  const cluster = await startAnswering(t);
  rewrite(cluster, { app: { prot: 1 }, workers: { count: 'many' } });
  const wrong = eggcup(cluster, 'reload');
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stderr,
    /^eggcup reload: the config is wrong; nothing has changed\n.*cluster\.yaml:\d+:\d+ app\.prot: [^]*cluster\.yaml:\d+:\d+ workers\.count: /,
  );
  await cluster.untilLogged('reload.refused', { reason: 'eggcup reload' }, 2);
  const file = join(cluster.dir, 'cluster.yaml');
  const { prot: _prot, ...app } = (JSON.parse(readFileSync(file, 'utf8')) as { app: { prot: number } }).app;
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), app, workers: { count: 2 } }));
  rewrite(cluster, { app: { env: { APP_VERSION: 'broken' } } });
  const broken = eggcup(cluster, 'reload');
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /^eggcup reload: given up: app-0: .*; who served before goes on\n$/);
  assert.match((await get(cluster.port)).body, /^v1 /);
  assert.equal(await cluster.stop(), 0);
});

test('a stop in the middle of a reload is told to who waits for its end', async (t) => {
  const cluster = await startAnswering(t);
  const waiting = say(t, socketOf(cluster), '{"request":"reload","wait":true}\n');
  await cluster.untilLogged('reload.begun');
  cluster.signal('SIGTERM');
  assert.deepEqual(await waiting, [{ ok: false, code: 'stopping', message: 'the cluster stops' }]);
  assert.equal(await cluster.ended(), 0);
});

test('scale starts workers and ends them, and says when so many listen', async (t) => {
  const cluster = await startAnswering(t);
  const up = eggcup(cluster, 'scale', '4');
  assert.deepEqual(up, { code: 0, stdout: '4 app workers listen; there were to be 2 before\n', stderr: '' });
  const load = new Load(t, [() => ask({ port: cluster.port, agent: false })]);
  assert.equal(eggcup(cluster, 'scale', '1').stdout, '1 app worker listens; there were to be 4 before\n');
  await until('one worker', () => cluster.status()?.children.length === 1);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual(
    cluster.logged('scale.begun').map(({ reason, from, to }) => `${String(reason)}: ${String(from)} ${String(to)}`),
    ['eggcup scale: 2 4', 'eggcup scale: 4 1'],
  );
  assert.equal(await cluster.stop(), 0);
});

test('where too few come to listen, scale waits no longer than startup.timeout and says how many do', async (t) => {
  const silent = join(temporaryDirectory(t), 'silent');
  const cluster = await startScript(
    t,
    'scripts/unless-told.js',
    { startup: { timeout: '2s' } },
    { env: { SILENT: silent } },
  );
  await cluster.untilReady();
  writeFileSync(silent, '');
  const late = eggcup(cluster, 'scale', '3');
  assert.equal(late.code, 1);
  assert.match(
    late.stderr,
    /^eggcup scale: 2 of 3 app workers listen within 2 s \(startup\.timeout\); the master goes on trying: /,
  );
  assert.match(eggcup(cluster, 'status').stdout, /\napp workers +2 of 3 listen; ready with 1\n/);
  assert.equal(eggcup(cluster, 'scale', '2').code, 0);
  assert.equal(await cluster.stop(), 0);
});

test('scale says when there are fewer than have to be ready, and when the master ends meanwhile', async (t) => {
  const silent = join(temporaryDirectory(t), 'silent');
  const cluster = await startScript(
    t,
    'scripts/unless-told.js',
    { health: { minReady: 2 }, startup: { timeout: '60s' } },
    { env: { SILENT: silent } },
  );
  await cluster.untilReady();
  const warning =
    'warning: health.minReady is 2, but there is 1 worker, which is enough to be ready; lower it, or run more workers';
  assert.match(eggcup(cluster, 'scale', '1').stdout, new RegExp(`^1 app worker listens; .*\n${warning}\n$`));
  await cluster.untilLogged('sizing.warning', { warning });
  writeFileSync(silent, '');
  const waiting = spawn(process.execPath, [cliFile, 'scale', '2', '--dir', cluster.healthDir]);
  t.after(() => waiting.kill('SIGKILL'));
  let errors = '';
  waiting.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(waiting, 'close');
  await cluster.untilLogged('scale.begun', { to: 2 });
  process.kill(cluster.pid, 'SIGKILL');
  assert.deepEqual(await ended, [1, null]);
  assert.match(errors, /^eggcup scale: the master (?:has ended meanwhile; its log|at \S+ has gone without an answer)/);
});

test('where no master answers it is one line that names the path and the remedy, and exit 1', async (t) => {
  const dir = temporaryDirectory(t);
  for (const words of [['status'], ['status', '--watch'], ['reload'], ['scale', '2']]) {
    const { code, stdout, stderr } = run('cli', [...words, '--dir', dir]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, new RegExp(`^eggcup ${words[0]}: no master answers at ${dir}/control\\.sock; .*--dir .*\\n$`));
  }
  const cluster = await startAnswering(t);
  cluster.signal('SIGKILL');
  await cluster.ended();
  assert.ok(lstatSync(socketOf(cluster)).isSocket(), 'a killed master leaves its file');
  const { code, stderr } = eggcup(cluster, 'status');
  assert.equal(code, 1);
  assert.match(stderr, /^eggcup status: no master answers at /);
});

test('of a master that is stopped as a whole it is said that it does not answer', async (t) => {
  const cluster = await startAnswering(t);
  cluster.signal('SIGSTOP');
  await until('it to be stopped', () => stateOf(cluster.pid) === 'T');
  const { code, stderr } = eggcup(cluster, 'status');
  cluster.signal('SIGCONT');
  assert.equal(code, 1);
  assert.match(stderr, /^eggcup status: the master at .* does not answer within 10 s: /);
  assert.equal(await cluster.stop(), 0);
});
