/** The image of the Dockerfile, and one on top of it, as containers without any init. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { fixture, projectRoot } from '../helpers/cluster.js';
import {
  Container,
  IMAGE,
  buildImage,
  layersOf,
  makeImages,
  podman,
  rebuiltLayers,
  removeImages,
  whyNoImages,
} from '../helpers/podman.js';
import { temporaryDirectory } from '../helpers/temporary.js';
import { until } from '../helpers/until.js';

const OWN = 'localhost/eggcup-test/own-app';
/** Of an application that brings eggcup along, and the same copied into another base. */
const WITH_DEPENDENCY = 'localhost/eggcup-test/with-dependency';
const COPIED = 'localhost/eggcup-test/copied';
/** Word for word, but for the names of images that come from elsewhere. */
const [onTop = '', asDependency = '', compileApp = '', compileOnTop = ''] = [
  ...readFileSync(join(projectRoot, 'docs/docker.md'), 'utf8').matchAll(/```dockerfile\n([^]*?)```/g),
].map(([, text = '']) => text);
const HARDENED =
  '--read-only --read-only-tmpfs=false --tmpfs /run/eggcup --cap-drop all --security-opt no-new-privileges --network none'.split(
    ' ',
  );
const why = whyNoImages();

before(() => {
  if (why !== undefined) return;
  makeImages();
  buildImage(OWN, `${onTop.replace('FROM eggcup\n', `FROM ${IMAGE}\n`)}${compileOnTop}`, fixture('images/app'));
});
after(() => removeImages());

function imageTest(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, (t) => (why === undefined ? run(t) : t.skip(why)));
}

/** One request from inside: the container has no network. */
function fetchInside(container: Container, port: number, path = '/'): string {
  const script = `fetch("http://127.0.0.1:${port}${path}").then((r) => r.text()).then(console.log)`;
  return container.exec('node', '-e', script).stdout;
}

imageTest('it runs as it is: the example, sized by the limits, read-only, without privileges', async (t) => {
  const limits = ['--cpus', '1.5', '--memory', '256m', '--memory-swap', '256m', '--pids-limit', '64'];
  const container = new Container(t, [...HARDENED, ...limits]);
  await container.untilReady();
  const { plan } = container.status();
  assert.equal(plan.workers, 1);
  assert.ok(plan.heapMiB !== null && plan.heapMiB < 256, String(plan.heapMiB));
  assert.match(fetchInside(container, 7001), /^Hello from app worker/);
  for (const what of ['started', 'ready', 'live']) {
    assert.equal(container.exec('node', '/opt/eggcup/dist/probe.js', what).status, 0, what);
  }
  assert.match(container.exec('node', '-p', 'process.getuid()').stdout, /^1000\n/);
  assert.equal(podman('healthcheck', 'run', container.name).status, 0);
  assert.equal(container.stop(30), 0);
});

interface Finding {
  readonly name: string;
  readonly level: string;
  readonly found: string;
}

/** What `eggcup doctor` finds, by name, from its JSON. */
function findingsIn(stdout: string): ReadonlyMap<string, Finding> {
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  return new Map(findings.map((finding) => [finding.name, finding]));
}

imageTest('the doctor sees what the container allows: as its command, and beside the running cluster', async (t) => {
  const doctor = ['node', '/opt/eggcup/dist/cli.js', 'doctor', '--format', 'json'];
  const limits = ['--cpus', '1.5', '--memory', '256m', '--memory-swap', '256m', '--pids-limit', '40'];
  const { stdout, status } = podman('run', '--rm', ...HARDENED, '--user', '4711:4711', ...limits, IMAGE, ...doctor);
  assert.equal(status, 0, stdout);
  const alone = findingsIn(stdout);
  assert.match(alone.get('PID 1')?.found ?? '', /^eggcup /);
  assert.match(alone.get('CPU quota')?.found ?? '', /^1\.5 CPUs \(/);
  assert.match(alone.get('memory limit')?.found ?? '', /^256 MiB \(/);
  assert.equal(alone.get('code cache')?.found, 'there is one for this Node.js');
  const warnings = [...alone.values()].flatMap(({ name, level }) => (level === 'warning' ? [name] : []));
  assert.deepEqual(new Set(warnings), new Set(['pids limit', 'temporary files']));

  const container = new Container(t, [...HARDENED, ...limits]);
  await container.untilReady();
  const beside = findingsIn(container.exec(...doctor).stdout);
  assert.equal(
    beside.get('running')?.found,
    'a master, process 1, is running, and answers at /run/eggcup/control.sock',
  );
  assert.equal(container.stop(30), 0);
});

imageTest('two CPUs give two workers, whatever the user is', async (t) => {
  const container = new Container(t, [...HARDENED, '--cpus', '2', '--user', '4711:4711']);
  await container.untilReady();
  assert.equal(container.status().plan.workers, 2);
  assert.equal(container.stop(30), 0);
});

imageTest('there is no package manager, no compiler and no shell in it', async () => {
  const script = `const { existsSync, readdirSync } = require('fs');
    const found = ['/usr/local/bin/npm', '/usr/local/lib/node_modules', '/bin/sh'].filter(existsSync);
    console.log(JSON.stringify([found, readdirSync('/opt/eggcup/node_modules').filter((it) => /typescript|esbuild/.test(it))]))`;
  const { stdout, status } = podman('run', '--rm', ...HARDENED, IMAGE, 'node', '-e', script);
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), [[], []]);
});

imageTest('it is reproducible: another build has the same layers, byte for byte', async () => {
  assert.match(layersOf(IMAGE), /sha256:\w+ sha256:\w+/);
  assert.equal(rebuiltLayers(), layersOf(IMAGE));
  assert.notEqual(layersOf(OWN), layersOf(IMAGE));
});

imageTest('a command is run with the same entrypoint, its exit code is the container’s', async () => {
  const run = (...command: readonly string[]) => podman('run', '--rm', ...HARDENED, OWN, ...command);
  assert.equal(run('node', '-e', 'process.exit(7)').status, 7);
  assert.equal(run('nothing-like-it').status, 127);
  assert.equal(run('node', '-p', 'process.cwd()').stdout, '/app\n');
});

imageTest('an application on top of it: its file is found, it stops within the grace', async (t) => {
  const container = new Container(t, [...HARDENED, '--cpus', '1'], OWN);
  await container.untilReady();
  assert.match(fetchInside(container, 3000), /^hello from \d+/);
  const doctor = container.exec('node', '/opt/eggcup/dist/cli.js', 'doctor', '--format', 'json');
  assert.equal(findingsIn(doctor.stdout).get('application cache')?.found, 'there is one for this Node.js (app)');
  assert.equal(container.stop(30), 0);
});

imageTest('an application that has eggcup as a dependency, in an image of its own', async (t) => {
  const context = temporaryDirectory(t);
  cpSync(fixture('images/app'), context, { recursive: true });
  const npm = (cwd: string, ...args: readonly string[]): string => execFileSync('npm', args, { cwd, encoding: 'utf8' });
  const [packed] = JSON.parse(npm(projectRoot, 'pack', '--json', '--pack-destination', context)) as [
    { filename: string },
  ];
  npm(context, 'install', '--package-lock-only', '--no-audit', '--no-fund', join(context, packed.filename));
  const base = 'FROM localhost/eggcup-test/node-with-npm\n';
  const server = join(context, 'server.js');
  writeFileSync(server, `require('words');\n${readFileSync(server, 'utf8')}`);
  for (const [name, text] of [
    ['index', `require('./word.js');`],
    ['word', ''],
  ] as const) {
    mkdirSync(join(context, 'node_modules/words'), { recursive: true });
    writeFileSync(join(context, `node_modules/words/${name}.js`), text);
  }
  // The package comes from this folder, not from a registry, so npm needs it first.
  const dockerfile = asDependency
    .replace(/^FROM node:.*\n/, base)
    .replace('COPY package.json package-lock.json ./', `COPY package.json package-lock.json ${packed.filename} ./`)
    .replace('# The health files', `${compileApp}# The health files`);
  assert.ok(dockerfile.includes(base) && dockerfile.includes(packed.filename) && dockerfile.includes(compileApp));
  buildImage(WITH_DEPENDENCY, dockerfile, context);
  // Nothing but what its user writes.
  const container = new Container(t, ['--network', 'none', '--cpus', '1'], WITH_DEPENDENCY);
  const probe = ['node', 'node_modules/eggcup/dist/probe.js', 'ready'];
  await until('it to be ready', () => container.exec(...probe).status === 0);
  const doctor = container.exec('node', 'node_modules/eggcup/dist/cli.js', 'doctor', '--format', 'json');
  assert.equal(findingsIn(doctor.stdout).get('code cache')?.found, 'there is one for this Node.js');
  assert.equal(findingsIn(doctor.stdout).get('application cache')?.found, 'there is one for this Node.js (app)');
  assert.doesNotMatch(container.log, /worker.cache-unused/);
  assert.equal(podman('healthcheck', 'run', container.name).status, 0);
  assert.match(fetchInside(container, 3000), /^hello from \d+/);
  assert.equal(container.stop(30), 0);

  const copying = ['FROM localhost/eggcup-test/node', 'WORKDIR /app', `COPY --from=${WITH_DEPENDENCY} /app .`];
  buildImage(COPIED, `${copying.join('\n')}\n`, context);
  const doctorThere = ['node', 'node_modules/eggcup/dist/cli.js', 'doctor', '--format', 'json'];
  const elsewhere = podman('run', '--rm', '--network', 'none', COPIED, ...doctorThere);
  assert.equal(elsewhere.stderr, '');
  assert.equal(findingsIn(elsewhere.stdout).get('application cache')?.found, 'there is one for this Node.js (app)');
});

imageTest('orphans are reaped by PID 1', async (t) => {
  const container = new Container(t, [...HARDENED, '--env', 'EGGCUP__LOG__LEVEL=debug'], OWN);
  await container.untilReady();
  fetchInside(container, 3000, '/orphan');
  await until('the orphan to be reaped', () => /child\.orphan-reaped.*"code":5/.test(container.log));
  assert.equal(container.stop(30), 0);
});

imageTest('repeated crashes end the container with 13, and the restart policy starts it again', async (t) => {
  const env = ['--env', 'EGGCUP__RESTART__LIMIT=2', '--env', 'EGGCUP__RESTART__BACKOFF__INITIAL=0ms'];
  const container = new Container(t, [...HARDENED, '--restart', 'on-failure:1', ...env, '--cpus', '1'], OWN);
  for (const crashes of [1, 2]) {
    await container.untilReady();
    fetchInside(container, 3000, '/crash');
    await until(`crash ${crashes}`, () => (container.log.match(/"event":"child.exited"/g)?.length ?? 0) >= crashes);
  }
  await until('it to be restarted', () => container.restarts === 1);
  await container.untilReady();
  assert.match(container.log, /"event":"cluster.failed".*"exitCode":13/);
  assert.equal(container.stop(30), 0);
});

imageTest('an OOM kill of a worker is named in the termination message', async (t) => {
  const log = join(temporaryDirectory(t), 'termination-log');
  writeFileSync(log, '');
  chmodSync(log, 0o666); // As the kubelet makes it.
  const options = ['--memory', '200m', '--memory-swap', '200m', '--env', 'EGGCUP__RESTART__LIMIT=1', '--cpus', '1'];
  const mount = ['--volume', `${log}:/dev/termination-log`];
  const container = new Container(t, [...HARDENED, ...options, ...mount], OWN);
  await container.untilReady();
  fetchInside(container, 3000, '/leak');
  assert.equal(await container.ended(), 13);
  assert.match(readFileSync(log, 'utf8'), /SIGKILL by the kernel, out of memory \(limit 200\.0 MiB/);
});
