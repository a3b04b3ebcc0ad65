import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { projectRoot } from './cluster.js';
import { temporaryDirectory } from './temporary.js';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the programs to its end. `env` comes on top of this process' own. */
export function run(
  program: 'entry' | 'cli',
  args: readonly string[],
  cwd = projectRoot,
  env: NodeJS.ProcessEnv = {},
): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(projectRoot, `dist/${program}.js`), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 30_000,
  });
  return { code: status, stdout, stderr };
}

/** What the tool prints as JSON. */
export function runJson(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): unknown {
  const { stdout, stderr } = run('cli', [...args, '--format', 'json'], cwd, env);
  if (stdout === '') throw new Error(`eggcup ${args.join(' ')} printed no JSON: ${stderr}`);
  return JSON.parse(stdout);
}

/** A folder with these files, which goes away with the test. */
export function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}
