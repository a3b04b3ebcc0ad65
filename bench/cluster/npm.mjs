import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { atExit, temporaryFolder } from './at-exit.mjs';

const LIMIT_MS = 120_000;

/** Fetches a package into a folder of its own, for as long as `use` lasts; says so and does without when it can't be had. */
export async function withPackage(spec, use) {
  const { folder, remove } = temporaryFolder('npm-');
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', spec];
  try {
    const fetching = promisify(execFile)('npm', args, { timeout: LIMIT_MS });
    const endNpm = atExit(() => fetching.child.kill('SIGKILL'));
    const failure = await fetching.then(
      () => undefined,
      (error) => error,
    );
    endNpm();
    if (failure !== undefined)
      console.log(`${spec} is left out, npm could not fetch it: ${failure.stderr ?? failure.message}`);
    return await use(failure === undefined ? folder : undefined);
  } finally {
    remove();
  }
}
