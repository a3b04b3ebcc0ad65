/** One fixture per way in which cgroup v1, and v1 together with v2, is laid out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABSENT, CGROUP, cgroupAt, factsOf, present, v1Cpu, v1Mount, v2Mount } from './tree.js';

const GIB = 2 ** 30;
const NO_V1_MEMORY_LIMIT = '9223372036854771712\n';

test('v1 under Docker without a cgroup namespace: host path in /proc, limits at the top', (t) => {
  const path = '/docker/4f2a';
  const facts = factsOf(t, {
    'proc/self/cgroup': `12:memory:${path}\n4:cpu,cpuacct:${path}\n3:cpuset:${path}\n1:name=systemd:${path}\n`,
    'proc/self/mountinfo': v1Mount('cpu,cpuacct', path) + v1Mount('memory', path) + v1Mount('cpuset', path),
    ...cgroupAt(`${CGROUP}/cpu,cpuacct`),
    ...cgroupAt(`${CGROUP}/memory`),
    [`${CGROUP}/cpu,cpuacct/cpu.cfs_quota_us`]: '250000\n',
    [`${CGROUP}/cpu,cpuacct/cpu.cfs_period_us`]: '100000\n',
    [`${CGROUP}/memory/memory.limit_in_bytes`]: `${GIB}\n`,
  });
  assert.equal(facts.cgroup, 1);
  assert.deepEqual(facts.cpuQuota, present(2.5, '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us'));
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory/memory.limit_in_bytes'));
});

test('v1 with a host path that the mount does not have: the nearest existing ancestor is the top', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '4:memory:/kubepods/pod1/ctr\n1:cpu:/kubepods/pod1/ctr\n',
    'proc/self/mountinfo': v1Mount('cpu', '/') + v1Mount('memory', '/other/bind'),
    ...v1Cpu(`${CGROUP}/cpu`, 50_000),
    ...cgroupAt(`${CGROUP}/memory`),
    [`${CGROUP}/memory/memory.limit_in_bytes`]: `${GIB}\n`,
  });
  assert.deepEqual(facts.cpuQuota, present(0.5, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory/memory.limit_in_bytes'));
});

test('v1 in a cgroup namespace', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '4:memory:/\n1:cpu:/\n',
    'proc/self/mountinfo': v1Mount('cpu', '/') + v1Mount('memory', '/'),
    ...v1Cpu(`${CGROUP}/cpu`, -1),
    ...cgroupAt(`${CGROUP}/memory`),
    [`${CGROUP}/memory/memory.limit_in_bytes`]: NO_V1_MEMORY_LIMIT,
    [`${CGROUP}/memory/memory.stat`]: 'cache 4096\nhierarchical_memory_limit 9223372036854771712\n',
  });
  assert.equal(facts.cgroup, 1);
  assert.deepEqual([facts.cpuQuota, facts.memoryLimitBytes], [ABSENT, ABSENT]);
});

test('v1 with the process in a nested child: the tightest of child and parents', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '4:memory:/docker/4f2a/inner\n1:cpu:/docker/4f2a/inner\n',
    'proc/self/mountinfo': v1Mount('cpu', '/docker/4f2a') + v1Mount('memory', '/docker/4f2a'),
    ...v1Cpu(`${CGROUP}/cpu`, 300_000),
    ...v1Cpu(`${CGROUP}/cpu/inner`, 200_000),
    ...cgroupAt(`${CGROUP}/memory`),
    [`${CGROUP}/memory/memory.limit_in_bytes`]: `${GIB}\n`,
    [`${CGROUP}/memory/inner/memory.limit_in_bytes`]: NO_V1_MEMORY_LIMIT,
  });
  assert.deepEqual(facts.cpuQuota, present(2, '/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us'));
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory/memory.limit_in_bytes'));
});

test('v1 memory.stat knows a limit above what the mount shows', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '4:memory:/kubepods/pod1/ctr\n',
    'proc/self/mountinfo': v1Mount('memory', '/kubepods/pod1/ctr'),
    ...cgroupAt(`${CGROUP}/memory`),
    [`${CGROUP}/memory/memory.limit_in_bytes`]: NO_V1_MEMORY_LIMIT,
    [`${CGROUP}/memory/memory.stat`]: `cache 0\nhierarchical_memory_limit ${GIB}\nhierarchical_memsw_limit 1\n`,
  });
  assert.equal(facts.cgroup, 1);
  assert.deepEqual(facts.cpuQuota, ABSENT);
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory/memory.stat'));
});

test('hybrid: v1 controllers beside an empty cgroup2', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '9:name=systemd:/\n4:memory:/app\n3:cpuset:/\n2:cpuacct:/\n1:cpu:/app\n0::/\n',
    'proc/self/mountinfo':
      v1Mount('cpu', '/') + v1Mount('cpuacct', '/') + v1Mount('memory', '/') + v2Mount('/', '/sys/fs/cgroup/unified'),
    ...cgroupAt(`${CGROUP}/unified`),
    ...v1Cpu(`${CGROUP}/cpu`, -1),
    ...v1Cpu(`${CGROUP}/cpu/app`, 150_000),
    ...cgroupAt(`${CGROUP}/memory`),
    [`${CGROUP}/memory/app/memory.limit_in_bytes`]: `${GIB}\n`,
  });
  assert.equal(facts.cgroup, 1);
  assert.deepEqual(facts.cpuQuota, present(1.5, '/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us'));
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/memory/app/memory.limit_in_bytes'));
});

test('hybrid: cgroup2 carries cpu and memory beside a named v1 hierarchy', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '2:freezer:/\n1:name=systemd:/app\n0::/app\n',
    'proc/self/mountinfo': v1Mount('freezer', '/') + v2Mount('/', '/sys/fs/cgroup/unified'),
    ...cgroupAt(`${CGROUP}/unified`),
    [`${CGROUP}/unified/app/cpu.max`]: '150000 100000\n',
    [`${CGROUP}/unified/app/memory.max`]: `${GIB}\n`,
  });
  assert.equal(facts.cgroup, 2);
  assert.deepEqual(facts.cpuQuota, present(1.5, '/sys/fs/cgroup/unified/app/cpu.max'));
  assert.deepEqual(facts.memoryLimitBytes, present(GIB, '/sys/fs/cgroup/unified/app/memory.max'));
});

test('of several mounts of one hierarchy the one that shows most levels counts, and of several on one point the last', (t) => {
  const facts = factsOf(t, {
    'proc/self/cgroup': '1:cpu:/lxc/web/app\n',
    'proc/self/mountinfo':
      v1Mount('cpu', '/lxc/web/app', '/part') +
      v1Mount('cpu', '/lxc/other', '/whole') +
      v1Mount('cpu', '/lxc', '/whole'),
    ...v1Cpu('part', 400_000),
    ...v1Cpu('whole', -1),
    ...v1Cpu('whole/web', 100_000),
    ...v1Cpu('whole/web/app', 400_000),
  });
  assert.deepEqual(facts.cpuQuota, present(1, '/whole/web/cpu.cfs_quota_us'));
});

test('a v1 cpuset stands in as well', (t) => {
  const facts = factsOf(t, {
    'proc/self/status': 'Name:\tnode\n',
    'proc/self/cgroup': '3:cpuset:/app\n',
    'proc/self/mountinfo': v1Mount('cpuset', '/'),
    ...cgroupAt(`${CGROUP}/cpuset`),
    [`${CGROUP}/cpuset/app/cpuset.cpus`]: '0-1\n',
  });
  assert.deepEqual(facts.cpuset, present(2, '/sys/fs/cgroup/cpuset/app/cpuset.cpus'));
});
