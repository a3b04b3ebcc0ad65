import { spawnSync } from 'node:child_process';

/** From before the fork until its end is known, in ms. */
export function start({ name, program }) {
  const [file, ...args] = program(['true']);
  const before = performance.now();
  const { status } = spawnSync(file, args, { stdio: 'ignore', timeout: 10_000 });
  const ms = performance.now() - before;
  if (status !== 0) throw new Error(`${name}: \`true\` ended with ${status}`);
  return [ms];
}
