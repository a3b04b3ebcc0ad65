/** The facts of a process in a real cgroup of the v1 controllers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { ContainerFacts } from '#eggcup/container/facts.js';
import { ENTER_CGROUP, canUnshare, makeCgroup, makeChild, mountOf, setQuota } from '../helpers/cgroup.js';

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
  if (!canUnshare()) return t.skip('needs root, to make a cgroup and a mount namespace with unshare(1)');
  const parent = makeCgroup(t, 'cpu');
  if (parent === undefined) return;
  const child = makeChild(parent);
  setQuota(child, 150_000);
  const facts = await factsIn(child, ['unshare', '--cgroup']);
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 1.5, source: join(child, 'cpu.cfs_quota_us') });
});

test('in a cgroup namespace with a mount of its own, where the limit stands at the top', async (t) => {
  if (!canUnshare()) return t.skip('needs root, to make a cgroup and a mount namespace with unshare(1)');
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

/** The facts that a new process reads which has moved itself into `group`, started through `wrapper`. */
async function factsIn(group: string, wrapper: readonly string[] = []): Promise<ContainerFacts> {
  const command = [...wrapper, process.execPath, '--input-type=module', '-e', PRINT_FACTS];
  const { stdout } = await promisify(execFile)('sh', ['-c', ENTER_CGROUP, join(group, 'cgroup.procs'), ...command], {
    timeout: 20_000,
  });
  const facts: ContainerFacts = JSON.parse(stdout);
  return facts;
}

const PRINT_FACTS = `
  import { readContainerFacts } from ${JSON.stringify(import.meta.resolve('#eggcup/container/facts.js'))};
  console.log(JSON.stringify(readContainerFacts()));
`;
