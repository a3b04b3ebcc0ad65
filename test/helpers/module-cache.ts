import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import {
  checksumOf,
  type CompiledFile,
  encode,
  type Head,
  openModuleCache,
  type TextPlace,
} from '#eggcup/module-cache/format.js';
import { moduleCacheFile, type Role, textsFile } from '#eggcup/module-cache/place.js';
import { wrap } from '#eggcup/wrapped-script.js';
import { type Cluster, projectRoot, startCluster } from './cluster.js';
import { folderWith, run, type Run } from './cli.js';
import { freePort, get } from './net.js';

/** A server that answers with what `answer.js`, of the application, exports. */
const MAIN = `
const { createServer } = require('node:http');
const answer = require('./answer.js');
createServer(async (_request, response) => response.end(JSON.stringify(await answer()))).listen(Number(process.env.PORT));
`;

/** An application with packages in a folder of its own. */
export class AppWithPackages {
  readonly folder: string;
  readonly #t: TestContext;
  #config: Readonly<Record<string, unknown>>;

  /** `config` is added to `app`. */
  constructor(t: TestContext, files: Readonly<Record<string, string>>, config: Readonly<Record<string, unknown>> = {}) {
    this.#t = t;
    this.#config = config;
    this.folder = realpathSync(folderWith(t, { 'main.js': MAIN, ...files }));
    mkdirSync(dirname(this.cacheFile()), { recursive: true });
    makeOld(this.folder);
  }

  /** With more in `app`. */
  with(config: Readonly<Record<string, unknown>>): this {
    this.#config = config;
    return this;
  }

  /** As before any compilation. */
  removeCacheFolder(): void {
    rmSync(join(this.folder, 'node_modules/.cache'), { recursive: true });
  }

  /** Takes the cache away; nothing else changes. */
  forget(): void {
    rmSync(this.cacheFile(), { force: true });
  }

  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Replaces text of a file by other text of the same length, which V8 would take for the same. */
  change(file: string, from: string, to: string): void {
    const text = readFileSync(join(this.folder, file), 'utf8');
    if (!text.includes(from) || from.length !== to.length) throw new Error(`no ${from} of the same length in ${file}`);
    writeFileSync(join(this.folder, file), text.replace(from, to));
  }

  cacheFile(role: Role = 'app'): string {
    return moduleCacheFile(this.folder, role);
  }

  /** The worker's texts. */
  textsFile(): string {
    return textsFile(this.cacheFile(), this.#head().texts);
  }

  /** Where they are. */
  places(): readonly TextPlace[] {
    return this.#head().code.map((entry) => entry[5]);
  }

  #head(role: Role = 'app'): Head {
    const cache = openModuleCache(this.cacheFile(role));
    if (cache === undefined) throw new Error('there is no cache');
    cache.close();
    return cache.head;
  }

  /** `eggcup compile --app`. */
  async compile(options: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    const file = await this.#configFile();
    return run('cli', ['compile', '--app', '--config', file, ...options], this.folder, env);
  }

  /** The same, still running. */
  async startToCompile(env: Readonly<Record<string, string>>): Promise<{ child: ChildProcess; ended: Promise<Run> }> {
    const words = [join(projectRoot, 'dist/cli.js'), 'compile', '--app', '--config', await this.#configFile()];
    const child = spawn(process.execPath, words, {
      cwd: this.folder,
      env: { ...process.env, TMPDIR: this.folder, ...env },
    });
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const ended = once(child, 'exit').then(async ([code]) => ({
      code: code as number | null,
      stdout: await stdout,
      stderr: await stderr,
    }));
    return { child, ended };
  }

  /** The files whose code is kept. */
  compiled(role: Role = 'app'): readonly string[] {
    const { code, files } = this.#head(role);
    return code.map((entry) => relative(this.folder, files[entry[0]] ?? '')).toSorted();
  }

  /** Changes what the cache says. */
  rewrite(change: (head: Head) => Head): void {
    this.#encode((head, code) => [change(head), code]);
  }

  /** Makes the cache say of a file's source, as it is now, that its code is the one that is kept. */
  takeFor(file: string): void {
    const path = join(this.folder, file);
    const source = readFileSync(path, 'utf8');
    this.#encode((head, code) => {
      const index = head.files.indexOf(path);
      const asItIs = { checksum: checksumOf(source), wrapped: wrap(source) };
      return [head, code.map((one) => (one.file === index ? { ...one, ...asItIs } : one))];
    });
  }

  #encode(change: (head: Head, code: readonly CompiledFile[]) => readonly [Head, readonly CompiledFile[]]): void {
    const file = this.cacheFile();
    const cache = openModuleCache(file);
    if (cache === undefined) throw new Error('there is no cache');
    const texts = readFileSync(this.textsFile());
    const code = cache.head.code.map((entry): CompiledFile => {
      const [index, checksum, , , , [at, characters, width]] = entry;
      const wrapped = texts.toString(width === 1 ? 'latin1' : 'utf16le', at, at + characters * width);
      return { file: index, checksum, bytes: Buffer.from(cache.read(entry) ?? ''), wrapped };
    });
    cache.close();
    const changed = encode(...change(cache.head, code));
    writeFileSync(file, changed.cache);
    writeFileSync(textsFile(file, changed.head.texts), changed.texts);
  }

  /** The answer of a cluster of one worker, and why the cache was not used. */
  async answer(more: Start = {}): Promise<Answered> {
    const cluster = await this.start(more);
    const answer = await this.ask(cluster);
    if ((await cluster.stop()) !== 0) throw new Error(cluster.errors);
    await cluster.assertGone();
    const [unused] = cluster.logged('worker.cache-unused', { slot: 'app-0' });
    return { answer, unused: unused === undefined ? undefined : String(unused['text']) };
  }

  async start({ config, ...more }: Start = {}): Promise<Cluster & { readonly port: number }> {
    const port = await freePort();
    const app = { baseDir: this.folder, script: 'main.js', port, ...this.#config };
    const whole = { app, workers: { count: 1 }, ...config };
    const cluster = startCluster(this.#t, { config: whole, ...more });
    await cluster.untilReady();
    return Object.assign(cluster, { port });
  }

  async ask({ port }: { readonly port: number }): Promise<unknown> {
    return JSON.parse((await get(port)).body) as unknown;
  }

  /** Level and words of the doctor's finding. */
  async doctor(more: readonly string[] = []): Promise<string> {
    const words = ['doctor', '--config', await this.#configFile(), '--format', 'json', ...more];
    const { stdout } = spawnSync(process.execPath, [join(projectRoot, 'dist/cli.js'), ...words], {
      encoding: 'utf8',
      cwd: this.folder,
    });
    const { findings } = JSON.parse(stdout) as { findings: readonly Record<string, string>[] };
    const found = findings.find((one) => one['name'] === 'application cache');
    return `${found?.['level']}: ${found?.['found']}`;
  }

  async #configFile(): Promise<string> {
    const app = { baseDir: this.folder, script: 'main.js', port: await freePort(), ...this.#config };
    this.write('cluster.yaml', JSON.stringify({ app }));
    return join(this.folder, 'cluster.yaml');
  }
}

/** `answer.js` answers with words of two packages. */
export const TWO_PACKAGES = {
  'answer.js': `const a = require('a'); module.exports = () => [a.word, a.inner];`,
  'node_modules/a/package.json': '{ "name": "a", "main": "lib/a.js" }',
  'node_modules/a/lib/a.js': `exports.word = 'first'; exports.inner = require('b').word;`,
  'node_modules/b/package.json': '{ "name": "b", "main": "b.js" }',
  'node_modules/b/b.js': `exports.word = 'second';`,
  'node_modules/b/other.js': `exports.word = 'third';`,
};

/** An application of these, with other files beside or in their place. */
export function appWith(t: TestContext, more: Readonly<Record<string, string>> = {}): AppWithPackages {
  return new AppWithPackages(t, { ...TWO_PACKAGES, ...more });
}

/** What is older than some seconds is compiled without a wait. */
function makeOld(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    utimesSync(join(folder, name), AGO, AGO);
}

const AGO = new Date('2020-01-01');

export interface Start {
  readonly config?: Readonly<Record<string, object>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Another installation's. */
  readonly entry?: string;
}

export interface Answered {
  readonly answer: unknown;
  readonly unused: string | undefined;
}
