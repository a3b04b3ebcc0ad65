/** `eggcup plan`: what would be started here, or elsewhere, and why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderWith, run, runJson } from '../helpers/cli.js';
import { fixture, startScript } from '../helpers/cluster.js';

const good = { 'cluster.yaml': `app: { script: ${fixture('scripts/hello.js')} }\n` };

interface Planned {
  readonly workers: number;
  readonly heapMiB: number | null;
  readonly reasons: readonly string[];
  readonly app: { readonly run: string; readonly nodeOptions: readonly string[]; readonly args: readonly string[] };
  readonly agent: object | null;
  readonly problems: readonly string[];
}

test('plan says what a master then really starts, and why', async (t) => {
  const cluster = await startScript(t, 'scripts/hello.js', {
    app: { args: ['x'], nodeOptions: ['--trace-warnings'] },
    workers: { count: 'auto', max: 2, heap: '200Mi' },
    agent: { script: fixture('scripts/agent-idle.js') },
  });
  await cluster.untilReady();
  const plan = runJson(['plan', '--config', 'cluster.yaml'], cluster.dir) as Planned;
  const { workers, heapMiB, reasons } = plan;
  assert.deepEqual({ workers, heapMiB, reasons }, cluster.status()?.plan);
  assert.deepEqual(plan.app.nodeOptions, ['--max-old-space-size=200', '--trace-warnings']);
  assert.deepEqual([plan.app.run, plan.app.args], [fixture('scripts/hello.js'), ['x']]);
  assert.notEqual(plan.agent, null);
  assert.equal(cluster.status()?.children.filter(({ slot }) => slot !== 'agent').length, workers);
  const { stdout } = run('cli', ['plan', '--config', 'cluster.yaml'], cluster.dir);
  assert.match(stdout, /app workers +[12] × node --max-old-space-size=200 --trace-warnings \/.*hello\.js x\n/);
  for (const reason of reasons) assert.ok(stdout.includes(reason));
  assert.equal(await cluster.stop(), 0);
});

test('a heap that app.nodeOptions set is the plan’s, and is given once', (t) => {
  const config = `app: { script: ${fixture('scripts/hello.js')}, nodeOptions: [--max-old-space-size=300] }\n`;
  const folder = folderWith(t, { 'cluster.yaml': config });
  const planned = runJson(['plan', '--cpu', '1000m', '--memory', '1Gi'], folder) as Planned;
  assert.equal(planned.heapMiB, 300);
  assert.deepEqual(planned.app.nodeOptions, ['--max-old-space-size=300']);
});

test('plan under another quota and limit does not look at this machine', (t) => {
  const folder = folderWith(t, good);
  const planned = runJson(['plan', '--cpu', '16000m', '--memory', '64Gi'], folder) as Planned;
  assert.equal(planned.workers, 16);
  assert.match(planned.reasons[0] ?? '', /^16 workers: CPU quota 16 gives 16 \(--cpu\)$/);
  const small = runJson(['plan', '--cpu', '1500m', '--memory', '256Mi'], folder) as Planned;
  assert.deepEqual([small.workers, small.heapMiB], [1, 120]);
  for (const [option, value, meant] of [
    ['--cpu', '2', '2000m'],
    ['--cpu', '0m', undefined],
    ['--cpu', '99999999m', undefined],
    ['--memory', '512m', '512Mi'],
    ['--memory', '1', '1Mi'],
    ['--memory', '0', undefined],
    ['--memory', '1023Ki', undefined],
  ] as const) {
    const { code, stderr } = run('cli', ['plan', option, value], folder);
    assert.equal(code, 78);
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    assert.ok(stderr.includes(`${option} must be `) && stderr.endsWith(`, got "${value}"${hint}\n`), stderr);
  }
});

test('plan shows nothing that came from a file of secrets, and parts its arguments', (t) => {
  const folder = folderWith(t, {
    'server.js': '',
    secret: 'hush-hush',
    'cluster.yaml':
      'app: { script: server.js, args: ["--token=${file:secret}", "a b", ""], nodeOptions: ["${file:secret}"] }\n',
  });
  for (const format of ['text', 'json']) {
    const { code, stdout } = run('cli', ['plan', '--format', format], folder);
    assert.equal(code, 0);
    assert.ok(!stdout.includes('hush'), stdout);
    assert.ok(stdout.includes('***'));
  }
  assert.match(run('cli', ['plan'], folder).stdout, /server\.js "\*\*\*" "a b" ""\n/);
});

test('plan says what keeps a client with its worker', (t) => {
  const folder = folderWith(t, { 'server.js': '', 'cluster.yaml': 'app: { script: server.js }' });
  assert.equal((runJson(['plan'], folder) as { sticky: string }).sticky, 'none');
  assert.ok(!run('cli', ['plan'], folder).stdout.includes('sticky'));
  const set = ['plan', '--set', 'listen.sticky=cookie:worker'];
  assert.match(run('cli', set, folder).stdout, /\n {2}sticky {8}each client keeps its worker, by cookie:worker\n/);
});

test('plan says what is missing to start', (t) => {
  const folder = folderWith(t, { 'cluster.yaml': 'app: { framework: no-such-egg }\n', 'package.json': '{}' });
  const { code, stdout } = run('cli', ['plan'], folder);
  assert.equal(code, 78);
  assert.match(stdout, /it would not start: .*no-such-egg.* is not found .*npm install no-such-egg/);
});
