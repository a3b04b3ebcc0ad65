import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type LogLine, projectRoot } from '../helpers/cluster.js';
import { childrenOf, programOf } from '../helpers/processes.js';
import { until } from '../helpers/until.js';
import type { ConfigFile } from './change.js';
import { configOf, firstFile } from './config.js';
import type { Setup } from './schedule.js';

const ISOLATE = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/** Why no master can be run in namespaces of its own, or `undefined`. */
export function whyNoSandbox(): string | undefined {
  const { status, stderr } = spawnSync('unshare', ['--mount', ...ISOLATE, 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `needs root, to make namespaces with unshare(1): ${stderr}`;
}

/**
 * In a mount namespace of its own, which goes with its last process, whatever happens to us: a small disk where one is
 * wanted, then the program in a PID namespace. Its exit code comes on descriptor 3, and all stays as it is until standard
 * input ends.
 */
const OUTER = `[ -z "$SMALL_DISK" ] || mount -t tmpfs -o size=64k tmpfs "$SMALL_DISK"
"$@"
echo "$?" >&3; read -r _`;
/** PID 1 when the master is not: it waits for whatever becomes its child, and passes nothing on. */
const INIT = `"$@" 3>&- </dev/null
echo "$?" >&3; read -r _`;

const UNSHARE_FAILED = 'unshare: sigprocmask unblock failed';

/** A master in its own PID and mount namespace, with what belongs to it. */
export class Sandbox {
  readonly dir = mkdtempSync(join(tmpdir(), 'eggcup-chaos-'));
  readonly #setup: Setup;
  readonly #ports: { readonly port: number; readonly httpPort: number };
  readonly #process: ChildProcess;
  readonly #closed: Promise<void>;
  #output = '';
  #errors = '';
  #status = '';
  /** As this process sees it; 0 until `untilStarted`. */
  masterPid = 0;

  constructor(setup: Setup, port: number, httpPort: number) {
    this.#setup = setup;
    this.#ports = { port, httpPort };
    const health = join(this.dir, 'health');
    mkdirSync(health);
    writeFileSync(join(this.dir, 'termination'), '');
    this.writeConfig(firstFile(setup));
    const master = [process.execPath, join(projectRoot, 'dist/entry.js'), '--config', join(this.dir, 'cluster.yaml')];
    const init = setup.role === 'pid1' ? master : ['sh', '-c', INIT, 'init', ...master];
    this.#process = spawn('unshare', ['--mount', 'sh', '-c', OUTER, 'sandbox', 'unshare', ...ISOLATE, ...init], {
      cwd: this.dir,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production', SMALL_DISK: setup.smallDisk ? health : '' },
    });
    const [, stdout, stderr, status] = this.#process.stdio as unknown as [Writable, Readable, Readable, Readable];
    stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    status.setEncoding('utf8').on('data', (text: string) => (this.#status += text));
    this.#closed = new Promise((resolve) => this.#process.once('close', () => resolve()));
  }

  /** At once: a master that reads it meanwhile sees all of the old one or all of the new one. */
  writeConfig(file: ConfigFile): void {
    const text = JSON.stringify(configOf(this.#setup, file, { dir: this.dir, ...this.#ports }));
    writeFileSync(join(this.dir, 'cluster.yaml.new'), text);
    renameSync(join(this.dir, 'cluster.yaml.new'), join(this.dir, 'cluster.yaml'));
  }

  /** The master's exit code, 128+n for signal n; `undefined` while it lives. */
  get exitCode(): number | undefined {
    // Whoever has ended the sandbox itself has ended the master with it.
    const isGone = this.#process.exitCode !== null || this.#process.signalCode !== null;
    if (!this.#status.includes('\n')) return isGone ? 137 : undefined;
    // util-linux 2.38 fails to die of the signal of its child; a PID 1 ends of no other.
    return this.#errors.includes(UNSHARE_FAILED) ? 137 : Number.parseInt(this.#status, 10);
  }

  /** health.dir, as this process reaches it. */
  get healthDir(): string {
    return `/proc/${this.#process.pid}/root${join(this.dir, 'health')}`;
  }

  /** What is in health.dir, but for what fills the disk. */
  healthFiles(): readonly string[] {
    return readdirSync(this.healthDir).filter((name) => name !== 'ballast');
  }

  get termination(): string {
    return readFileSync(join(this.dir, 'termination'), 'utf8');
  }

  get text(): string {
    return `${this.#output}\n${this.#errors}`;
  }

  /** eggcup's own lines. */
  get log(): readonly LogLine[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Waits until the master runs node, which is before any of eggcup's code. */
  async untilStarted(role: Setup['role']): Promise<void> {
    this.masterPid = await until(
      'the master to be started',
      () => {
        const [unshare = 0] = childrenOf(this.#process.pid ?? 0).slice(-1);
        const [init = 0] = childrenOf(unshare);
        const pid = role === 'pid1' ? init : (childrenOf(init)[0] ?? 0);
        return programOf(pid) === 'node' && pid;
      },
      30_000,
    );
  }

  /** Outer pids of all that lives below the init, where that is not the master. */
  others(): readonly number[] {
    const [unshare = 0] = childrenOf(this.#process.pid ?? 0);
    return childrenOf(unshare).flatMap(childrenOf);
  }

  /** Lets go of the namespaces: what is still in them is killed by the kernel. */
  async release(): Promise<void> {
    this.#process.stdin?.end();
    if (this.exitCode === undefined) this.#kill();
    await this.#closed;
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #kill(): void {
    const [unshare = 0] = childrenOf(this.#process.pid ?? 0);
    for (const init of childrenOf(unshare)) process.kill(init, 'SIGKILL');
  }
}
