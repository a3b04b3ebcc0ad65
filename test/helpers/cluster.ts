import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertLogIsAsListed } from './log-contract.js';
import { freePort } from './net.js';
import { livingProcessesWith } from './processes.js';
import { until } from './until.js';

export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));
export const fixture = (path: string): string => join(projectRoot, 'test/fixtures', path);

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface StatusFile {
  readonly phase: string;
  readonly pid: number;
  readonly updatedAt: string;
  readonly address: string | null;
  readonly plan: { readonly workers: number; readonly heapMiB: number | null; readonly reasons: readonly string[] };
  readonly container: Readonly<Record<string, unknown>>;
  readonly children: readonly {
    readonly slot: string;
    readonly pid: number | null;
    readonly state: string;
    readonly restarts: number;
  }[];
  readonly standbys: readonly { readonly pid: number; readonly state: string }[];
  readonly restartsInWindow: number;
  readonly minReady: number;
  readonly zombies: number;
}

export interface ClusterOptions {
  /** The config file's content, as JSON is YAML. `health.dir` and `log.level: debug` are added where absent. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly spawn?: SpawnOptions;
  /** Starts without `--config`, so that the working directory decides. */
  readonly withoutConfig?: boolean;
  /** Another program in the place of node, with its arguments: `['unshare', '--pid', …]`. */
  readonly wrapper?: readonly string[];
  /** Another installation's `dist/entry.js`. */
  readonly entry?: string;
}

/** A running master with its own directory; ended, and looked after for what it left, with the test. */
export class Cluster {
  readonly dir: string;
  readonly healthDir: string;
  readonly process: ChildProcess;
  readonly mark: string;
  #output = '';
  #errors = '';

  constructor(options: ClusterOptions) {
    this.dir = mkdtempSync(join(tmpdir(), 'eggcup-test-'));
    const health = { dir: join(this.dir, 'health'), ...(options.config['health'] as object | undefined) };
    this.healthDir = health.dir;
    this.mark = `test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const config = { apiVersion: 'eggcup/v1', log: { level: 'debug' }, ...options.config, health };
    writeFileSync(join(this.dir, 'cluster.yaml'), JSON.stringify(config, null, 2));
    const command = [...(options.wrapper ?? []), process.execPath, options.entry ?? join(projectRoot, 'dist/entry.js')];
    if (options.withoutConfig !== true) command.push('--config', join(this.dir, 'cluster.yaml'));
    this.process = spawn('env', command, {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options.spawn,
      env: { ...process.env, NODE_ENV: 'production', EGGCUP_TEST_MARK: this.mark, ...options.env },
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
  }

  get pid(): number {
    assert.ok(this.process.pid, 'the master was not started');
    return this.process.pid;
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  /** The lines of standard output that are eggcup's; applications may print other things between them. */
  get log(): readonly LogLine[] {
    return this.#output.split('\n').flatMap((line) => {
      try {
        const parsed = JSON.parse(line) as Partial<LogLine> | null;
        return parsed !== null && typeof parsed.event === 'string'
          ? [{ level: '', ...parsed, event: parsed.event }]
          : [];
      } catch {
        return [];
      }
    });
  }

  logged(event: string, fields: Readonly<Record<string, unknown>> = {}): readonly LogLine[] {
    return this.log.filter(
      (line) => line.event === event && Object.entries(fields).every(([key, value]) => line[key] === value),
    );
  }

  hasFile(name: string): boolean {
    return existsSync(join(this.healthDir, name));
  }

  status(): StatusFile | undefined {
    try {
      return JSON.parse(readFileSync(join(this.healthDir, 'status.json'), 'utf8')) as StatusFile;
    } catch {
      return undefined;
    }
  }

  /** The process of a slot that is in this state, by status.json. */
  pidOf(slot: string, state = 'ready'): number | undefined {
    return this.status()?.children.find((child) => child.slot === slot && child.state === state)?.pid ?? undefined;
  }

  /** Sends a signal to the ready process of a slot; its pid. Throws when status.json shows none there (pid 0 would be the tests themselves). */
  kill(slot: string, signal: NodeJS.Signals = 'SIGKILL'): number {
    const pid = this.pidOf(slot);
    assert.ok(pid, `status.json shows no ready process in ${slot}`);
    process.kill(pid, signal);
    return pid;
  }

  /** The pid of the process that is ready in a slot after `pid`. */
  untilReplaced(slot: string, pid: number | undefined): Promise<number> {
    return until(`the successor of ${pid} in ${slot}`, () => {
      const found = this.pidOf(slot);
      return found === pid ? undefined : found;
    });
  }

  async untilReady(): Promise<void> {
    await until('the file ready', () => this.hasFile('ready') || this.#failIfEnded());
    await until('status.json to say running', () => this.status()?.phase === 'running');
  }

  async untilLogged(event: string, fields: Readonly<Record<string, unknown>> = {}, count = 1): Promise<LogLine> {
    const lines = await until(`${count} × ${event} ${JSON.stringify(fields)} in the log of\n${this.#tail()}`, () => {
      const found = this.logged(event, fields);
      return found.length >= count ? found : this.#failIfEnded();
    });
    const last = lines[count - 1];
    assert.ok(last);
    return last;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** The exit code, once the master has ended and its output is read; a signal's name when it died of one. */
  async ended(deadlineMs = 60_000): Promise<number | string> {
    await until(`the master to end; its log:\n${this.#tail()}`, () => this.#hasEnded(), deadlineMs);
    return this.process.exitCode ?? this.process.signalCode ?? 'unknown';
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.signal(signal);
    return this.ended();
  }

  /** Pids of everything that was started by this master, by the test's mark in its environment. */
  processes(): readonly number[] {
    return livingProcessesWith(`EGGCUP_TEST_MARK=${this.mark}`);
  }

  /** Nothing is left: no process, no file. */
  async assertGone(): Promise<void> {
    await until('no process to be left', () => this.processes().length === 0, 10_000).catch(() => {
      assert.deepEqual(this.processes(), [], `processes are left; the log:\n${this.#tail()}`);
    });
    assert.deepEqual(existsSync(this.healthDir) ? readdirSync(this.healthDir) : [], [], 'health files are left');
  }

  async dispose(): Promise<void> {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await until('the killed master to end', () => this.#hasEnded());
    rmSync(this.dir, { recursive: true, force: true });
    assertLogIsAsListed(this.log.filter((line) => line['name'] === 'eggcup' && 'msg' in line));
  }

  #hasEnded(): boolean {
    const exited = this.process.exitCode !== null || this.process.signalCode !== null;
    return exited && (this.process.stdout?.readableEnded ?? true);
  }

  #failIfEnded(): undefined {
    if (this.process.exitCode === null && this.process.signalCode === null) return undefined;
    throw new Error(`the master ended with ${this.process.exitCode ?? this.process.signalCode}:\n${this.#tail()}`);
  }

  #tail(): string {
    return `${this.#output.slice(-3000)}\n${this.#errors.slice(-2000)}`;
  }
}

/** Starts a master; with the test it ends, whatever it left is killed, and its directory is removed. */
export function startCluster(t: TestContext, options: ClusterOptions): Cluster {
  const cluster = new Cluster(options);
  t.after(() => cluster.dispose());
  return cluster;
}

/** A script's cluster on a free port: the usual case. `config` is merged one level deep. */
export async function startScript(
  t: TestContext,
  script: string,
  config: Readonly<Record<string, object>> = {},
  options: Omit<ClusterOptions, 'config'> = {},
): Promise<Cluster & { readonly port: number }> {
  const port = await freePort();
  const { app, workers, ...others } = config;
  const cluster = startCluster(t, {
    ...options,
    config: {
      app: { script: fixture(script), port, ...app },
      workers: { count: 2, ...workers },
      shutdown: { app: '10s', agent: '5s' },
      ...others,
    },
  });
  return Object.assign(cluster, { port });
}
