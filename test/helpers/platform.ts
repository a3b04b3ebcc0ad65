/** What runs containers, in namespaces of its own: started by a script of scripts/, with all that it starts. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './cluster.js';
import { pidOfInit } from './namespace.js';
import { until } from './until.js';

export class Platform {
  readonly folder = mkdtempSync(join(tmpdir(), 'eggcup-platform-'));
  readonly #script: string;
  readonly #cgroups: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #init = 0;

  /** @param script below scripts/. @param cgroups what it leaves behind. @param env for the commands that talk to it. */
  constructor(script: string, cgroups: string, env: (folder: string) => Readonly<Record<string, string>>) {
    this.#script = join(projectRoot, 'scripts', script);
    this.#cgroups = cgroups;
    this.#env = env(this.folder);
  }

  async start(args: readonly string[], isUp: () => boolean): Promise<void> {
    const output = openSync(join(this.folder, 'log'), 'a');
    // It ends with this process, however that ends.
    const run = ['--pdeathsig', 'KILL', this.#script, ...args];
    this.#process = spawn('setpriv', run, { stdio: ['ignore', output, output] });
    this.#init = await pidOfInit(this.#process.pid ?? 0);
    const hasStarted = (): boolean => {
      assert.equal(this.#process?.exitCode, null, readFileSync(join(this.folder, 'log'), 'utf8'));
      return isUp();
    };
    await until(`${this.#script} to start`, hasStarted, 300_000);
  }

  async stop(): Promise<void> {
    if (this.#process !== undefined && this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
      execFileSync(join(projectRoot, 'scripts/remove-cgroups.sh'), [this.#cgroups]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A command in its namespaces, but for its processes: so it is the command that hears a signal. */
  inside(command: string, args: readonly string[]): [string, string[]] {
    return ['nsenter', ['--target', String(this.#init), '--mount', '--net', '--', command, ...args]];
  }

  /** Standard output and error of a command that may fail. */
  try(command: string, args: readonly string[], input = ''): { status: number | null; output: string } {
    const env = { ...process.env, ...this.#env };
    const result = spawnSync(...this.inside(command, args), { encoding: 'utf8', env, input, timeout: 300_000 });
    return { status: result.status, output: result.stdout + result.stderr };
  }

  run(command: string, ...args: readonly string[]): string {
    const { status, output } = this.try(command, args);
    assert.equal(status, 0, `${command} ${args.join(' ')}: ${output}`);
    return output;
  }
}
