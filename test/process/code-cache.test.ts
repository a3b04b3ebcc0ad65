/** `eggcup compile`: the cluster's program is compiled once, while an image is built. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fixture, projectRoot, startCluster } from '../helpers/cluster.js';
import { freePort } from '../helpers/net.js';
import { temporaryDirectory } from '../helpers/temporary.js';

const BOOT = 'Starting the cluster';

interface CompileOptions {
  /** Of Node.js. */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

class Installation {
  readonly #t: TestContext;
  readonly #folder: string;

  constructor(t: TestContext) {
    this.#t = t;
    this.#folder = temporaryDirectory(t);
    for (const part of ['dist', 'native', 'package.json'])
      cpSync(join(projectRoot, part), join(this.#folder, part), { recursive: true });
    for (const file of this.caches()) rmSync(file);
  }

  get program(): string {
    return join(this.#folder, 'dist/master/run-cluster.js');
  }

  caches(): readonly string[] {
    const folder = join(this.#folder, 'dist/master');
    return readdirSync(folder)
      .filter((name) => name.includes('.cache'))
      .map((name) => join(folder, name));
  }

  /** As `node OPTION dist/cli.js compile`. */
  compile({ options = [], env = {} }: CompileOptions = {}): { code: number | null; stdout: string; stderr: string } {
    const words = [...options, join(this.#folder, 'dist/cli.js'), 'compile'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return { code: status, stdout, stderr };
  }

  /** Level and words of the doctor's finding. */
  doctor(nodeOptions = ''): readonly (string | undefined)[] {
    const words = [join(this.#folder, 'dist/cli.js'), 'doctor', '--set', 'app.script=/bin/true', '--format', 'json'];
    const env = { ...process.env, NODE_OPTIONS: nodeOptions };
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8', cwd: this.#folder, env });
    const { findings } = JSON.parse(stdout) as { findings: readonly Record<string, string>[] };
    const found = findings.find((one) => one['name'] === 'code cache');
    return [found?.['level'], found?.['found']];
  }

  /** Replaces something of the program by something of the same length. */
  change(from: RegExp | string, to: string): void {
    const text = readFileSync(this.program, 'utf8');
    const changed = text.replace(from, to);
    assert.ok(changed !== text && changed.length === text.length);
    writeFileSync(this.program, changed);
  }

  /** While no process of an application can start. */
  withoutWorkers(act: () => void): void {
    const [folder, away] = [join(this.#folder, 'dist/worker'), join(this.#folder, 'away')];
    renameSync(folder, away);
    act();
    renameSync(away, folder);
  }

  remove(): void {
    rmSync(join(this.#folder, 'dist/master'), { recursive: true });
  }

  /** The words of a start's `boot` line, which are in the program. */
  async boot(...nodeOptions: readonly string[]): Promise<unknown> {
    const app = { script: fixture('scripts/hello.js'), port: await freePort() };
    const entry = join(this.#folder, 'dist/entry.js');
    const wrapper = ['env', `NODE_OPTIONS=${nodeOptions.join(' ')}`];
    const cluster = startCluster(this.#t, { config: { app, workers: { count: 1 } }, entry, wrapper });
    await cluster.untilReady();
    assert.equal(await cluster.stop(), 0, cluster.errors);
    await cluster.assertGone();
    return cluster.logged('boot')[0]?.['msg'];
  }
}

test('what was compiled is what runs', async (t) => {
  const installation = new Installation(t);
  assert.equal(await installation.boot(), BOOT);
  const { code, stdout, stderr } = installation.compile();
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(
    [stdout],
    installation.caches().map((file) => `wrote ${file}\n`),
  );
  assert.equal(await installation.boot(), BOOT);
  // V8 compares no more of the source than its length: what is said now is from the cache.
  installation.change(BOOT, BOOT.toUpperCase());
  assert.equal(await installation.boot(), BOOT);
});

test('a cache of another source, of other flags, or not whole, is as good as none', async (t) => {
  const installation = new Installation(t);
  assert.equal(installation.compile().code, 0);
  const [cache = ''] = installation.caches();
  const whole = readFileSync(cache);
  // V8 refuses the code, and compiles the source, which is in the cache too.
  assert.equal(await installation.boot('--stack-trace-limit=20'), BOOT);
  writeFileSync(cache, whole.subarray(0, -8));
  assert.equal(await installation.boot(), BOOT);
  installation.change(BOOT, BOOT.toUpperCase());
  writeFileSync(cache, whole);
  assert.equal(await installation.boot(), BOOT);
  assert.equal(await installation.boot('--enable-source-maps'), BOOT.toUpperCase());
  for (const length of [0, 64, 1000]) {
    writeFileSync(cache, whole.subarray(0, length));
    assert.equal(await installation.boot(), BOOT.toUpperCase(), `${length} bytes`);
  }
  writeFileSync(cache, whole);
  installation.change(/[0-9a-f]{64}\n$/, `${'0'.repeat(64)}\n`);
  assert.equal(await installation.boot(), BOOT.toUpperCase());
});

test('a cache that cannot be read is in nobody’s way, and the doctor says why', async (t) => {
  const installation = new Installation(t);
  assert.deepEqual(installation.doctor(), ['ok', 'none; `eggcup compile` in the image’s build makes one']);
  assert.equal(installation.compile().code, 0);
  assert.deepEqual(installation.doctor(), ['ok', 'there is one for this Node.js']);
  assert.match(String(installation.doctor('--stack-trace-limit=20')), /^warning,V8 refuses it/);
  assert.match(
    String(installation.doctor('--enable-source-maps')),
    /^warning,it is not used with --enable-source-maps/,
  );
  assert.equal(installation.compile({ options: ['--stack-trace-limit=20'] }).code, 0);
  assert.equal(String(installation.doctor('--stack-trace-limit=20')), 'ok,there is one for this Node.js');
  assert.equal(installation.compile().code, 0);
  const [cache = ''] = installation.caches();
  for (const [length, why] of [
    [statSync(cache).size - 8, /^warning,V8 refuses it/],
    [1000, /^warning,it is not whole/],
    [0, /^warning,it is of another program/],
  ] as const) {
    truncateSync(cache, length);
    assert.match(String(installation.doctor()), why);
  }
  for (const [put, why] of [
    [() => mkdirSync(cache), /^warning,it is no regular file/],
    [() => symlinkSync(cache, cache), /^warning,ELOOP/],
    [() => assert.equal(spawnSync('mkfifo', [cache]).status, 0), /^warning,it is no regular file/],
  ] as const) {
    rmSync(cache, { recursive: true });
    put();
    assert.match(String(installation.doctor()), why);
    assert.equal(await installation.boot(), BOOT);
  }
});

test('who may read the program may read its cache, whatever the umask; a failure leaves nothing', (t) => {
  const installation = new Installation(t);
  chmodSync(installation.program, 0o640);
  const umask = process.umask(0o077);
  try {
    assert.equal(installation.compile().code, 0);
  } finally {
    process.umask(umask);
  }
  const [cache = ''] = installation.caches();
  assert.equal(statSync(cache).mode & 0o777, 0o640);
  rmSync(cache);
  mkdirSync(cache);
  const { code, stderr } = installation.compile();
  assert.equal(code, 1);
  assert.match(stderr, /^eggcup compile: EISDIR[^\n]*\n$/);
  assert.deepEqual(installation.caches(), [cache]);
});

test('the same program compiled again is the same bytes, so an image can be built again', (t) => {
  const installation = new Installation(t);
  const [first, second] = [1, 2].map(() => {
    assert.equal(installation.compile().code, 0);
    return installation.caches().map((file) => readFileSync(file));
  });
  assert.equal(first?.length, 1);
  assert.ok(first[0]?.equals(second?.[0] ?? Buffer.alloc(0)));
});

test('what a start does not run is not kept; all of it is where no cluster can be started, which is said', async (t) => {
  const installation = new Installation(t);
  assert.equal(installation.compile().code, 0);
  const [cache = ''] = installation.caches();
  const codeBytes = (): number => statSync(cache).size - statSync(installation.program).size;
  const some = codeBytes();
  installation.withoutWorkers(() => {
    const { code, stdout, stderr } = installation.compile();
    assert.deepEqual([code, stdout], [0, `wrote ${cache}\n`]);
    assert.match(
      stderr,
      /^eggcup compile: all of the program, for it could not be started here: .*app-0 failed while starting/,
    );
  });
  const share = some / codeBytes();
  assert.ok(share > 0.4 && share < 0.8, `${some} bytes of ${codeBytes()}`);
  assert.equal(await installation.boot(), BOOT);
});

test('settings for a cluster in the image say nothing about the one that is started while it is built', (t) => {
  const installation = new Installation(t);
  const env = { EGGCUP__APP__FRAMEWORK: 'egg', EGGCUP__WORKERS: '{', EGGCUP_CONFIG: '/does/not/exist' };
  const { code, stderr } = installation.compile({ env });
  assert.deepEqual([code, stderr], [0, '']);
});

test('where it cannot be written it is said so', (t) => {
  const installation = new Installation(t);
  installation.remove();
  const { code, stderr } = installation.compile();
  assert.equal(code, 1);
  assert.match(stderr, /^eggcup compile: .* cannot be written; call it while the image is built, as its owner: ENOENT/);
});
