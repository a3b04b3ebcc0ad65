import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { readContainerFacts, type ContainerFacts } from '#eggcup/container/facts.js';
import type { Reading } from '#eggcup/container/reading.js';

/** A file that exists and cannot be read, by root neither: a link to itself. */
export const UNREADABLE = Symbol('unreadable');
export const DIRECTORY = Symbol('directory');

export type Tree = Readonly<Record<string, string | typeof UNREADABLE | typeof DIRECTORY>>;

/** Writes the files below a temporary directory, which is removed with the test, and returns that. */
export function writeTree(t: TestContext, tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'eggcup-tree-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(tree)) {
    const file = join(root, name);
    mkdirSync(dirname(file), { recursive: true });
    if (content === DIRECTORY) mkdirSync(file);
    else if (content === UNREADABLE) symlinkSync(file, file);
    else writeFileSync(file, content);
  }
  return root;
}

export const ABSENT: Reading<number> = { kind: 'absent' };

/** Where cgroups are mounted as a rule. */
export const CGROUP = 'sys/fs/cgroup';

/** What every /proc has, here of a machine with 8 CPUs and 16 GiB. */
export const MACHINE = {
  'proc/self/status': 'Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\nMems_allowed_list:\t0\n',
  'proc/meminfo': 'MemTotal:       16777216 kB\nMemFree:        9000000 kB\n',
} as const satisfies Tree;

/** Below `top`, the file without which a directory is no cgroup. */
export function cgroupAt(top: string): Tree {
  return { [`${top}/cgroup.procs`]: '' };
}

/** The line of `/proc/self/mountinfo` of a cgroup v2 mount. */
export function v2Mount(root: string, mountPoint = '/sys/fs/cgroup'): string {
  return `40 31 0:28 ${root} ${mountPoint} ro,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`;
}

/** The line of `/proc/self/mountinfo` of a cgroup v1 mount. */
export function v1Mount(controllers: string, root: string, mountPoint = `/sys/fs/cgroup/${controllers}`): string {
  return `41 31 0:29 ${root} ${mountPoint} ro,nosuid,nodev,noexec,relatime master:11 - cgroup cgroup rw,${controllers}\n`;
}

/** The files of a v1 `cpu` cgroup with this quota, per period of 100 ms. */
export function v1Cpu(directory: string, quotaUs: number): Tree {
  return {
    ...cgroupAt(directory),
    [`${directory}/cpu.cfs_quota_us`]: `${quotaUs}\n`,
    [`${directory}/cpu.cfs_period_us`]: '100000\n',
  };
}

/** What is read on that machine with `tree` on top. */
export function factsOf(t: TestContext, tree: Tree): ContainerFacts {
  const root = writeTree(t, { ...MACHINE, ...tree });
  return readContainerFacts({ root, availableParallelism: 8, platform: 'linux' });
}

export function present(value: number, source: string): Reading<number> {
  return { kind: 'present', value, source };
}
