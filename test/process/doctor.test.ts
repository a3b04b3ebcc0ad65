/** `eggcup doctor`, where it is called. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Finding } from '#eggcup/doctor/finding.js';
import { folderWith, run, runJson } from '../helpers/cli.js';
import { fixture, projectRoot, startScript } from '../helpers/cluster.js';
import { freePort } from '../helpers/net.js';

const script = { 'cluster.yaml': `app: { script: ${fixture('scripts/hello.js')} }\nhealth: { dir: health }\n` };

function examine(folder: string, ...args: readonly string[]): ReadonlyMap<string, Finding> {
  const { findings } = runJson(['doctor', ...args], folder) as { findings: readonly Finding[] };
  for (const { name, level, remedy } of findings) assert.equal(remedy === undefined, level === 'ok', name);
  return new Map(findings.map((finding) => [finding.name, finding]));
}

test('it looks at the program, the container, the kernel, the paths and the config, and leaves nothing behind', async (t) => {
  const folder = folderWith(t, script);
  const port = await freePort();
  const findings = examine(folder, '--set', `app.port=${port}`);
  for (const name of [
    'Node.js',
    'native part',
    'PID 1',
    'orphans',
    'cgroup',
    'CPU quota',
    'memory limit',
    'pids limit',
  ])
    assert.ok(findings.has(name), name);
  assert.equal(findings.get('Node.js')?.found, process.versions.node);
  assert.equal(findings.get('config')?.found, join(folder, 'cluster.yaml'));
  assert.equal(findings.get('health.dir')?.level, 'ok');
  assert.equal(findings.get('app.port')?.found, `${port} is free`);
  assert.deepEqual(readdirSync(folder), ['cluster.yaml']);
  const { code, stdout } = run('cli', ['doctor', '--set', `app.port=${port}`], folder);
  assert.equal(code, 0);
  assert.match(stdout, /^ok +Node\.js +\d+/);
});

test('what was read from a file of secrets is not shown, nor what is made of it', async (t) => {
  const config = `app: { script: ${fixture('scripts/hello.js')} }\nhealth: { dir: "\${file:secret}/x" }\n`;
  const folder = folderWith(t, { 'cluster.yaml': config, secret: 'hush-hush\n' });
  const { stdout } = run('cli', ['doctor', '--set', `app.port=${await freePort()}`], folder);
  assert.match(stdout, /health\.dir +\*\*\*, to be made in /);
  assert.ok(!stdout.includes('hush'), stdout);
});

test('what would keep the cluster from starting is a failure, and exit 1', async (t) => {
  const folder = folderWith(t, { ...script, 'package.json': '{}' });
  const server = createServer().listen(0);
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  assert.equal(examine(folder, '--set', `app.port=${address.port}`).get('app.port')?.level, 'failure');
  assert.equal(examine(folder, '--set', 'workers.count=0').get('config')?.level, 'failure');
  const egg = folderWith(t, { 'cluster.yaml': 'app: { framework: no-such-egg }\n', 'package.json': '{}' });
  assert.equal(examine(egg).get('framework')?.level, 'failure');
  assert.equal(run('cli', ['doctor'], egg).code, 1);
});

test('the port of the health endpoints counts as well, and a health.dir that is a file is only warned of', async (t) => {
  const folder = folderWith(t, script);
  const server = createServer().listen(0, '0.0.0.0');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const taken = ['--set', 'health.http.enabled=true', '--set', `health.http.port=${address.port}`];
  assert.equal(examine(folder, ...taken).get('health.http.port')?.level, 'failure');
  const nowhere = examine(folder, '--set', 'app.port=8080', '--set', 'app.hostname=192.0.2.1').get('app.port');
  assert.match(nowhere?.remedy ?? '', /take an address of this machine/);
  const file = examine(folder, '--set', 'health.dir=./cluster.yaml').get('health.dir');
  assert.match(file?.found ?? '', /is no folder$/);
  assert.match(
    examine(folder, '--set', 'terminationLog=./cluster.yaml/x').get('terminationLog')?.found ?? '',
    /not there/,
  );
});

test('beside a running master it says so, and does not take its port for a stranger’s', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js');
  await cluster.untilReady();
  const findings = examine(cluster.dir, '--config', 'cluster.yaml');
  assert.match(
    findings.get('running')?.found ?? '',
    new RegExp(`process ${cluster.pid}, is running, and answers at .*control.sock$`),
  );
  assert.equal(findings.has('app.port'), false);
  assert.equal(await cluster.stop(), 0);
  assert.equal(examine(cluster.dir, '--config', 'cluster.yaml').has('running'), false);
});

test('a master that can write no health files may be who holds the port', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {
    health: { dir: fixture('scripts/hello.js/health') },
  });
  await cluster.untilLogged('cluster.ready');
  const port = examine(cluster.dir, '--config', 'cluster.yaml').get('app.port');
  assert.deepEqual([port?.level, port?.found], ['warning', `cannot listen on *:${cluster.port}: another process does`]);
  assert.equal(await cluster.stop(), 0);
});

test('a Unix socket is looked at as the start does, and left as it is', async (t) => {
  const folder = folderWith(t, script);
  const look = (path: string): Finding | undefined =>
    examine(folder, '--set', `app.unixSocket=${path}`).get('app.unixSocket');
  assert.equal(look('app.sock')?.found, `${join(folder, 'app.sock')} is free`);
  assert.match(look('cluster.yaml')?.found ?? '', /exists and is no socket/);
  assert.match(look('x'.repeat(120))?.found ?? '', /is longer than 107 bytes/);
  const path = join(folder, 'app.sock');
  const server = createServer().listen(path);
  await once(server, 'listening');
  assert.deepEqual([look(path)?.level, existsSync(path)], ['failure', true]);
  server.close();
});

test('folders that its user may not write to are warned of', (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to be somebody else');
  const folder = folderWith(t, { ...script, 'health/.keep': '' });
  for (const path of [folder, join(folder, 'cluster.yaml')]) chmodSync(path, 0o755);
  chownSync(folder, 0, 0);
  const cli = [process.execPath, join(projectRoot, 'dist/cli.js'), 'doctor', '--format', 'json'];
  const who = ['--reuid=47110', '--regid=47110', '--clear-groups'];
  const { stdout, stderr } = spawnSync('setpriv', [...who, ...cli], { cwd: folder, encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  const byName = new Map(findings.map((finding) => [finding.name, finding]));
  assert.match(byName.get('health.dir')?.found ?? '', /EACCES/);
  assert.match(byName.get('user')?.remedy ?? '', /EGG_HOME/);
  assert.ok(existsSync(join(folder, 'health')));
});
