/** The inits that are compared: eggcup's command mode, and beside it the anchor from whose suite a case comes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fixture, projectRoot } from './cluster.js';
import { livingProcessesWith } from './processes.js';
import { until } from './until.js';

export type Anchor = 'tini' | 'dumb-init';

export interface Init {
  readonly name: 'eggcup' | Anchor;
  readonly command: readonly string[];
}

/** Prints the number of each signal that it gets. */
export const PRINT_SIGNALS = fixture('init/print-signals.sh');
export const EGGCUP: Init = { name: 'eggcup', command: [process.execPath, join(projectRoot, 'dist/entry.js')] };

/** One case as two tests: with eggcup, and with the anchor where it is installed. */
export function compare(anchor: Anchor, title: string, run: (t: TestContext, init: Init) => Promise<void>): void {
  test(`${title} (eggcup)`, (t) => run(t, EGGCUP));
  test(`${title} (${anchor})`, (t) => {
    if (!isInstalled(anchor)) return t.skip(`${anchor} is not installed: apt-get install ${anchor}`);
    return run(t, { name: anchor, command: [anchor] });
  });
}

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Without folders that this user may not enter: execvp(3) makes EACCES of them where nothing is found. */
const PATH = (process.env['PATH'] ?? '').split(':').filter(isSearchable).join(':');

function isSearchable(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface StartOptions {
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another program in front of the init, with its arguments. */
  readonly wrapper?: readonly string[];
}

/** An init that runs a command; whatever it leaves dies with the test. */
export class InitRun {
  readonly process: ChildProcess;
  readonly #entry: string;
  #output = '';
  #errors = '';

  constructor(init: Init, command: readonly string[], options: StartOptions) {
    const mark = `init-${process.pid}-${Math.random().toString(36).slice(2)}`;
    this.#entry = `EGGCUP_TEST_MARK=${mark}`;
    const [program = '', ...args] = [...(options.wrapper ?? []), ...commandLine(init, command, options.options)];
    this.process = spawn(program, args, {
      stdio: 'pipe',
      cwd: options.cwd,
      env: { ...process.env, PATH, EGGCUP_TEST_MARK: mark, ...options.env },
    });
    this.process.stdin?.on('error', () => undefined); // It may end before it has read all.
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
  }

  get pid(): number {
    assert.ok(this.process.pid, 'the init was not started');
    return this.process.pid;
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get lines(): readonly string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  type(text: string): void {
    this.process.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals | number): void {
    process.kill(this.pid, signal);
  }

  async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${String(pattern)} in the output ${this.#told()}`, () => {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      const { stdout } = this.process;
      if (stdout?.readableEnded === true) throw new Error(`no ${String(pattern)} ${this.#told()}: ${this.#output}`);
      return undefined;
    });
  }

  /** The exit code, or the name of the signal that has ended the init itself; its output need not be at its end. */
  async exited(): Promise<number | string> {
    const { process: init } = this;
    await until(`the init to end ${this.#told()}`, () => init.exitCode !== null || init.signalCode !== null);
    return init.exitCode ?? init.signalCode ?? 'unknown';
  }

  /** The same, when its output has been read to the end: nobody holds it any more. */
  async ended(): Promise<number | string> {
    const code = await this.exited();
    const { stdout, stderr } = this.process;
    await until('the output to end', () => stdout?.readableEnded === true && stderr?.readableEnded === true);
    return code;
  }

  /** Living processes of this run, the init among them. */
  living(): readonly number[] {
    return livingProcessesWith(this.#entry);
  }

  async untilNothingIsLeft(): Promise<void> {
    await until(`nothing to be left of ${this.living().join(', ')}`, () => this.living().length === 0);
  }

  kill(): void {
    killAll(this.living());
  }

  #told(): string {
    return `of ${this.process.spawnargs.join(' ').slice(0, 300)}`;
  }
}

export function start(t: TestContext, init: Init, command: readonly string[], options: StartOptions = {}): InitRun {
  const run = new InitRun(init, command, options);
  t.after(async () => {
    run.kill();
    await run.untilNothingIsLeft();
    await run.exited();
  });
  return run;
}

/** Runs to the end, which leaves nothing behind. */
export async function complete(
  t: TestContext,
  init: Init,
  command: readonly string[],
  options: StartOptions = {},
): Promise<{ readonly code: number | string; readonly output: string; readonly errors: string }> {
  const run = start(t, init, command, options);
  run.process.stdin?.end();
  const code = await run.ended();
  await run.untilNothingIsLeft();
  return { code, output: run.output, errors: run.errors };
}

/** tini takes options of the command for its own without `--`. */
function commandLine(init: Init, command: readonly string[], options: readonly string[] = []): readonly string[] {
  const isSeparated = command.length === 0 || options.includes('--');
  return [...init.command, ...options, ...(isSeparated ? [] : ['--']), ...command];
}

/** `print-signals.sh` under an init, when it is ready for signals. */
export async function startPrintSignals(
  t: TestContext,
  init: Init,
  options: StartOptions = {},
): Promise<InitRun & { readonly printer: number }> {
  const run = start(t, init, ['sh', PRINT_SIGNALS], options);
  const [, pid] = await run.untilPrinted(/^ready (\d+)\n/);
  return Object.assign(run, { printer: Number(pid) });
}

/** Runs each to its end, four at a time, and returns their exit codes; none may leave anything behind. */
export async function exitCodesOf(
  t: TestContext,
  init: Init,
  runs: readonly { readonly options?: readonly string[]; readonly command: readonly string[] }[],
): Promise<readonly (number | null)[]> {
  const entry = `EGGCUP_TEST_MARK=init-${process.pid}-${Math.random().toString(36).slice(2)}`;
  t.after(() => killAll(livingProcessesWith(entry)));
  const codes: (number | null)[] = [];
  const queue = [...runs.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, { options = [], command }] = next;
      const child = spawn('env', [entry, `PATH=${PATH}`, ...commandLine(init, command, options)], { stdio: 'ignore' });
      [codes[index]] = (await once(child, 'exit')) as [number | null];
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  await until('nothing to be left', () => livingProcessesWith(entry).length === 0);
  return codes;
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
