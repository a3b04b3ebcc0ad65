import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LIMIT_MS = 120_000;

/** Fetches a package into a folder of its own, for as long as `use` lasts; says so and does without when it can't be had. */
export async function withPackage(spec, use) {
  const folder = mkdtempSync(join(tmpdir(), 'eggcup-bench-npm-'));
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', spec];
  try {
    const failure = await promisify(execFile)('npm', args, { timeout: LIMIT_MS }).then(
      () => undefined,
      (error) => error,
    );
    if (failure !== undefined)
      console.log(`${spec} is left out, npm could not fetch it: ${failure.stderr ?? failure.message}`);
    return await use(failure === undefined ? folder : undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
