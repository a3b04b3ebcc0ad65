/** One fixture per way in which cgroup v2 is laid out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContainerFacts } from '#eggcup/container/facts.js';
import type { Reading } from '#eggcup/container/reading.js';
import { ABSENT, CGROUP, MACHINE, cgroupAt, factsOf, present, v2Mount, writeTree } from './tree.js';

const GIB = 2 ** 30;

test('v2 in a cgroup namespace: the limits stand at the top', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/cpu.max`]: '150000 100000\n',
    [`${CGROUP}/memory.max`]: `${GIB}\n`,
    [`${CGROUP}/memory.high`]: 'max\n',
  });
  assert.deepEqual(facts, {
    cgroup: 2,
    cpuQuota: present(1.5, '/sys/fs/cgroup/cpu.max'),
    cpuset: present(8, '/proc/self/status'),
    memoryLimitBytes: present(GIB, '/sys/fs/cgroup/memory.max'),
    machineMemoryBytes: present(16 * GIB, '/proc/meminfo'),
    availableParallelism: 8,
  });
});

test("v2 without a cgroup namespace: the mount's root is stripped from the host's path", (t) => {
  const scope = '/system.slice/docker-4f2a.scope';
  const facts = factsOf(t, {
    'proc/self/cgroup': `0::${scope}\n`,
    'proc/self/mountinfo': v2Mount(scope),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/cpu.max`]: '50000 100000\n',
    [`${CGROUP}/memory.max`]: `${GIB}\n`,
  });
  assert.deepEqual(facts.cpuQuota, present(0.5, '/sys/fs/cgroup/cpu.max'));
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory.max'));
});

test('v2 with nested slices: the tightest limit is an ancestor’s', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/kubepods.slice/kubepods-pod1.slice/cri-1.scope\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/kubepods.slice/cpu.max`]: 'max 100000\n',
    [`${CGROUP}/kubepods.slice/memory.max`]: `${8 * GIB}\n`,
    [`${CGROUP}/kubepods.slice/kubepods-pod1.slice/cpu.max`]: '200000 100000\n',
    [`${CGROUP}/kubepods.slice/kubepods-pod1.slice/memory.max`]: `${2 * GIB}\n`,
    [`${CGROUP}/kubepods.slice/kubepods-pod1.slice/cri-1.scope/cpu.max`]: '400000 100000\n',
    [`${CGROUP}/kubepods.slice/kubepods-pod1.slice/cri-1.scope/memory.max`]: 'max\n',
  });
  const pod = '/sys/fs/cgroup/kubepods.slice/kubepods-pod1.slice';
  assert.deepEqual(facts.cpuQuota, present(2, `${pod}/cpu.max`));
  assert.deepEqual(facts.memoryLimitBytes, present(2 * GIB, `${pod}/memory.max`));
});

test('v2 on a plain machine: the root cgroup has no limit files, which is no limit', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/user.slice/session-1.scope\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    ...cgroupAt(`${CGROUP}/user.slice/session-1.scope`),
  });
  assert.equal(facts.cgroup, 2);
  assert.deepEqual([facts.cpuQuota, facts.memoryLimitBytes], [ABSENT, ABSENT]);
});

test('v2 memory.high counts when it is the tighter one', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/memory.max`]: `${2 * GIB}\n`,
    [`${CGROUP}/memory.high`]: `${GIB}\n`,
  });
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory.high'));
});

test('v2 seen through a mount made outside of the namespace: the own cgroup is the one that lists this process', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/worker\n',
    'proc/self/mountinfo': v2Mount('/../..'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/a.slice/cpu.max`]: '300000 100000\n',
    [`${CGROUP}/a.slice/one.scope/worker/cgroup.procs`]: `1\n${process.pid}1\n`,
    [`${CGROUP}/a.slice/one.scope/cpu.max`]: '100000 100000\n',
    [`${CGROUP}/a.slice/two.scope/worker/cgroup.procs`]: `7\n${process.pid}\n`,
    [`${CGROUP}/a.slice/two.scope/cpu.max`]: '200000 100000\n',
  });
  assert.deepEqual(facts.cpuQuota, present(2, '/sys/fs/cgroup/a.slice/two.scope/cpu.max'));
});

test('v2 seen through such a mount where nothing lists this process is unreadable', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': v2Mount('/..'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/one.scope/cgroup.procs`]: '0\n',
    [`${CGROUP}/one.scope/cpu.max`]: '100000 100000\n',
  });
  assert.match(reasonOf(facts.cpuQuota), /above the namespace of this process/);
});

test('v2 with the process outside of its namespace root: the mount’s top counts', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/../sibling\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/cpu.max`]: '100000 100000\n',
    [`sys/fs/sibling/cpu.max`]: '900000 100000\n',
  });
  assert.deepEqual(facts.cpuQuota, present(1, '/sys/fs/cgroup/cpu.max'));
});

test('a mount point with a blank in its name', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '0::/a:b\n',
    'proc/self/mountinfo': v2Mount('/', String.raw`/my\040cgroups`),
    ...cgroupAt('my cgroups'),
    'my cgroups/a:b/cpu.max': '150000 100000\n',
  });
  assert.deepEqual(facts.cpuQuota, present(1.5, '/my cgroups/a:b/cpu.max'));
});

test('the affinity counts before the files of the cpuset, which stand in where /proc has no such line', (t) => {
  const tree = {
    'proc/self/cgroup': '0::/app\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    [`${CGROUP}/app/cpuset.cpus`]: '\n',
    [`${CGROUP}/cpuset.cpus.effective`]: '0-3,7\n',
  };
  assert.deepEqual(factsOf(t, tree).cpuset, present(8, '/proc/self/status'));
  const gvisor = factsOf(t, { ...tree, 'proc/self/status': 'Name:\tnode\n' });
  assert.deepEqual(gvisor.cpuset, present(5, '/sys/fs/cgroup/cpuset.cpus.effective'));
});

test('CPUs that could be plugged in are none', (t) => {
  const online = '/sys/devices/system/cpu/online';
  const status = { 'proc/self/status': 'Cpus_allowed_list:\t0-127\n' };
  assert.deepEqual(factsOf(t, { ...status, [online]: '0-3\n' }).cpuset, present(4, online));
  // By lxcfs a container's own are counted from 0.
  const pinned = { 'proc/self/status': 'Cpus_allowed_list:\t4-5\n', [online]: '0-1\n' };
  assert.deepEqual(factsOf(t, pinned).cpuset, present(2, '/proc/self/status'));
});

test('off Linux nothing is read', (t) => {
  const root = writeTree(t, { ...MACHINE, 'proc/self/cgroup': '0::/\n' });
  assert.deepEqual(readContainerFacts({ root, platform: 'darwin', availableParallelism: 10 }), {
    cgroup: null,
    cpuQuota: ABSENT,
    cpuset: ABSENT,
    memoryLimitBytes: ABSENT,
    machineMemoryBytes: ABSENT,
    availableParallelism: 10,
  });
});

function reasonOf(reading: Reading<number>): string {
  assert.equal(reading.kind, 'unreadable');
  return reading.reason;
}
