/** The facts of a process in a real cgroup of the v1 controllers. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { parseMountinfo } from '#eggcup/container/proc-files.js';
import type { ContainerFacts } from '#eggcup/container/facts.js';

test('a quota of the cpu controller is read by a process below it', async (t) => {
  const group = makeCgroup(t, 'cpu');
  if (group === undefined) return;
  setQuota(group, 250_000);
  const facts = await factsIn(group);
  assert.equal(facts.cgroup, 1);
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 2.5, source: join(group, 'cpu.cfs_quota_us') });
});

test('a child without a quota has its parent’s, and a tighter one of its own counts', async (t) => {
  const parent = makeCgroup(t, 'cpu');
  if (parent === undefined) return;
  const child = makeChild(parent);
  setQuota(parent, 150_000);
  const inherited = await factsIn(child);
  assert.deepEqual(inherited.cpuQuota, { kind: 'present', value: 1.5, source: join(parent, 'cpu.cfs_quota_us') });

  setQuota(child, 50_000);
  const own = await factsIn(child);
  assert.deepEqual(own.cpuQuota, { kind: 'present', value: 0.5, source: join(child, 'cpu.cfs_quota_us') });
});

test('in a cgroup namespace with the mounts of the host', async (t) => {
  if (!canUnshare()) return t.skip('needs unshare(1) and the capability to make a cgroup and a mount namespace');
  const parent = makeCgroup(t, 'cpu');
  if (parent === undefined) return;
  const child = makeChild(parent);
  setQuota(child, 150_000);
  const facts = await factsIn(child, ['unshare', '--cgroup']);
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 1.5, source: join(child, 'cpu.cfs_quota_us') });
});

test('in a cgroup namespace with a mount of its own, where the limit stands at the top', async (t) => {
  if (!canUnshare()) return t.skip('needs unshare(1) and the capability to make a cgroup and a mount namespace');
  const group = makeCgroup(t, 'cpu');
  if (group === undefined) return;
  setQuota(group, 150_000);
  const top = mkdtempSync(join(tmpdir(), 'eggcup-cgroup-'));
  t.after(() => rmdirSync(top)); // The mount itself went with its mount namespace.
  const options = mountOf('cpu')
    ?.superOptions.filter((option) => option !== 'rw')
    .join(',');
  const mount = `mount -t cgroup -o ${options} none ${top} && exec "$@"`;
  const facts = await factsIn(group, ['unshare', '--cgroup', '--mount', 'sh', '-c', mount, 'sh']);
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 1.5, source: join(top, 'cpu.cfs_quota_us') });
});

test('a limit of the memory controller is read by a process below it', async (t) => {
  const group = makeCgroup(t, 'memory');
  if (group === undefined) return;
  writeFileSync(join(group, 'memory.limit_in_bytes'), '268435456');
  const facts = await factsIn(makeChild(group));
  assert.equal(facts.memoryLimitBytes.kind, 'present');
  assert.equal(facts.memoryLimitBytes.value, 268_435_456);
});

let made = 0;

/** A new child of the controller's root, removed with the test; `undefined` after saying why there can be none. */
function makeCgroup(t: TestContext, controller: 'cpu' | 'memory'): string | undefined {
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

function mountOf(controller: string): ReturnType<typeof parseMountinfo>[number] | undefined {
  if (process.platform !== 'linux') return undefined;
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).find(
    ({ fsType, superOptions }) => fsType === 'cgroup' && superOptions.includes(controller),
  );
}

function skip(t: TestContext, why: string): undefined {
  t.skip(why);
}

function canUnshare(): boolean {
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

/** rmdir, because the files of a cgroup cannot be removed; children first, because a cgroup with any stays. */
function removeCgroup(group: string): void {
  const entries = readdirSync(group, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) removeCgroup(join(group, entry.name));
  rmdirSync(group);
}

function makeChild(parent: string): string {
  const child = join(parent, 'child');
  mkdirSync(child);
  return child;
}

function setQuota(group: string, quotaUs: number): void {
  writeFileSync(join(group, 'cpu.cfs_period_us'), '100000');
  writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quotaUs));
}

/** The facts that a new process reads which has moved itself into `group`, started through `wrapper`. */
async function factsIn(group: string, wrapper: readonly string[] = []): Promise<ContainerFacts> {
  const command = [...wrapper, process.execPath, '--input-type=module', '-e', PRINT_FACTS];
  const { stdout } = await promisify(execFile)('sh', ['-c', ENTER, join(group, 'cgroup.procs'), ...command], {
    timeout: 20_000,
  });
  const facts: ContainerFacts = JSON.parse(stdout);
  return facts;
}

const ENTER = 'echo $$ > "$0" && exec "$@"';
const PRINT_FACTS = `
  import { readContainerFacts } from ${JSON.stringify(import.meta.resolve('#eggcup/container/facts.js'))};
  console.log(JSON.stringify(readContainerFacts()));
`;
