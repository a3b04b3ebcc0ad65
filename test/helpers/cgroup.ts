/** Real cgroups of the v1 controllers, each made for one test. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parseMountinfo } from '#eggcup/container/proc-files.js';
import { hasCode } from '#eggcup/errors.js';
import { until } from './until.js';

/** For `sh -c`: `$0` is a `cgroup.procs` to move into, the rest is the command to become. */
export const ENTER_CGROUP = 'echo $$ > "$0" && exec "$@"';

let made = 0;

/** A new child of the controller's root, removed with the test; `undefined` after saying why there can be none. */
export function makeCgroup(t: TestContext, controller: 'cpu' | 'memory' | 'pids'): string | undefined {
  const mount = mountOf(controller);
  if (process.getuid?.() !== 0) return skip(t, 'needs root, to make a cgroup');
  if (mount === undefined) return skip(t, `needs the ${controller} controller of cgroup v1, which is not mounted`);
  if (mount.root !== '/') return skip(t, `needs the root of the ${controller} hierarchy, ${mount.root} is mounted`);
  if (!isWritable(mount.mountPoint)) return skip(t, `needs ${mount.mountPoint} to be writable`);
  made += 1;
  const group = join(mount.mountPoint, `eggcup-test-${process.pid}-${made}`);
  mkdirSync(group);
  t.after(() => removeCgroup(group));
  return group;
}

export function mountOf(controller: string): ReturnType<typeof parseMountinfo>[number] | undefined {
  if (process.platform !== 'linux') return undefined;
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).find(
    ({ fsType, superOptions }) => fsType === 'cgroup' && superOptions.includes(controller),
  );
}

function skip(t: TestContext, why: string): undefined {
  t.skip(why);
}

export function canUnshare(): boolean {
  return spawnSync('unshare', ['--cgroup', '--mount', 'true']).status === 0;
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * rmdir, because the files of a cgroup cannot be removed; children first, because a cgroup with any stays. Whoever a failed test
 * has left in it is killed before: this comes earlier than the end of the cluster in it, which was begun later.
 */
async function removeCgroup(group: string): Promise<void> {
  const entries = readdirSync(group, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(group, entry.name));
  await until(`nobody to be left in ${group}`, () => {
    const pids = readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
    for (const pid of pids) killIfThere(Number(pid));
    return pids.length === 0;
  });
  rmdirSync(group);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

export function makeChild(parent: string): string {
  const child = join(parent, 'child');
  mkdirSync(child);
  return child;
}

export function setQuota(group: string, quotaUs: number): void {
  writeFileSync(join(group, 'cpu.cfs_period_us'), '100000');
  writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quotaUs));
}
