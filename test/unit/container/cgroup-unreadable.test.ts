/** What is missing, hidden, malformed or forbidden is said; it is never taken for "no limit" and never for a number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContainerFacts, type ContainerFacts } from '#eggcup/container/facts.js';
import { CGROUP, DIRECTORY, UNREADABLE, cgroupAt, factsOf, v1Mount, v2Mount, writeTree, type Tree } from './tree.js';

test('no cgroup filesystem is mounted: there may be limits, so it is unreadable and not absent', (t) => {
  const v2 = factsOf(t, { 'proc/self/cgroup': '0::/app\n', 'proc/self/mountinfo': '' });
  assert.equal(v2.cgroup, null);
  assertUnreadable(v2.cpuQuota, '/proc/self/mountinfo', /the cgroup v2 hierarchy is not mounted here/);
  assertUnreadable(v2.memoryLimitBytes, '/proc/self/mountinfo', /not mounted here/);

  const v1 = factsOf(t, { 'proc/self/cgroup': '4:cpu,cpuacct:/app\n', 'proc/self/mountinfo': v1Mount('memory', '/') });
  assertUnreadable(v1.cpuQuota, '/proc/self/mountinfo', /cgroup v1 hierarchy of cpu is not mounted here/);
  assert.deepEqual(v1.memoryLimitBytes, { kind: 'absent' });
});

test('a kernel without cgroups has no limit', (t) => {
  const without = factsOf(t, {});
  const empty = factsOf(t, { 'proc/self/cgroup': '', 'proc/self/mountinfo': v2Mount('/') });
  for (const facts of [without, empty]) {
    assert.deepEqual(
      [facts.cgroup, facts.cpuQuota, facts.memoryLimitBytes],
      [null, { kind: 'absent' }, { kind: 'absent' }],
    );
    assert.equal(facts.cpuset.kind, 'present');
  }
});

test('/sys is masked: the mount is listed and cannot be seen', (t) => {
  const facts = factsOf(t, { 'proc/self/cgroup': '0::/\n', 'proc/self/mountinfo': v2Mount('/'), [CGROUP]: DIRECTORY });
  assertUnreadable(facts.cpuQuota, '/sys/fs/cgroup', /something hides it/);
});

test('/proc is missing', (t) => {
  const root = writeTree(t, { ...cgroupAt(CGROUP), [`${CGROUP}/cpu.max`]: '150000 100000\n' });
  const facts = readContainerFacts({ root, platform: 'linux', availableParallelism: 3 });
  assert.equal(facts.cgroup, null);
  for (const reading of [facts.cpuQuota, facts.memoryLimitBytes, facts.cpuset])
    assertUnreadable(reading, '/proc/self/cgroup', /\/proc is not mounted here/);
  assert.deepEqual(facts.machineMemoryBytes, { kind: 'absent' });
});

test('/proc/self/mountinfo is missing', (t) => {
  const facts = factsOf(t, { 'proc/self/cgroup': '0::/\n' });
  assertUnreadable(facts.cpuQuota, '/proc/self/mountinfo', /does not exist/);
});

const MALFORMED = [
  ['is empty', ''],
  ['is only a line end', '\n'],
  ['is garbage', 'unlimited\n'],
  ['is negative', '-2\n'],
  ['overflows', '99999999999999999999999999\n'],
  ['is binary', '\u0000\u0001\uFFFD\u0000'],
  ['is a directory', DIRECTORY],
  ['cannot be read', UNREADABLE],
] as const;

for (const [how, content] of MALFORMED) {
  test(`cpu.max ${how}`, (t) => {
    const facts = factsOf(t, v2({ 'cpu.max': content }));
    assertUnreadable(facts.cpuQuota, '/sys/fs/cgroup/cpu.max');
    assert.deepEqual(facts.memoryLimitBytes, { kind: 'absent' });
  });
  for (const file of ['memory.max', 'memory.high'])
    test(`${file} ${how}`, (t) => {
      const facts = factsOf(t, v2({ [file]: content }));
      assertUnreadable(facts.memoryLimitBytes, `/sys/fs/cgroup/${file}`);
    });
  test(`cpu.cfs_quota_us ${how}`, (t) => {
    const facts = factsOf(t, v1({ 'cpu/cpu.cfs_quota_us': content }));
    assertUnreadable(facts.cpuQuota, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us');
  });
  test(`cpu.cfs_period_us ${how}`, (t) => {
    const facts = factsOf(t, v1({ 'cpu/cpu.cfs_period_us': content }));
    assertUnreadable(facts.cpuQuota, '/sys/fs/cgroup/cpu/cpu.cfs_period_us');
  });
  test(`memory.limit_in_bytes ${how}`, (t) => {
    const facts = factsOf(t, v1({ 'memory/memory.limit_in_bytes': content }));
    assertUnreadable(facts.memoryLimitBytes, '/sys/fs/cgroup/memory/memory.limit_in_bytes');
  });
  test(`/proc/meminfo ${how}`, (t) => {
    assertUnreadable(factsOf(t, { 'proc/meminfo': content }).machineMemoryBytes, '/proc/meminfo');
  });
}

for (const [how, content] of MALFORMED.filter(([, content]) => content !== '' && content !== '\n')) {
  for (const file of ['cgroup', 'mountinfo'])
    test(`/proc/self/${file} ${how}`, (t) => {
      const facts = factsOf(t, { ...v2({ 'cpu.max': '150000 100000\n' }), [`proc/self/${file}`]: content });
      assertUnreadable(facts.cpuQuota, `/proc/self/${file}`);
      assert.equal(facts.cpuset.kind, 'present');
    });
  test(`cpuset.cpus.effective ${how}`, (t) => {
    const tree = { ...v2({ 'cpuset.cpus.effective': content }), 'proc/self/status': 'Name:\tnode\n' };
    assertUnreadable(factsOf(t, tree).cpuset, '/sys/fs/cgroup/cpuset.cpus.effective');
  });
}

test('truncated files', (t) => {
  assertUnreadable(factsOf(t, v2({ 'cpu.max': '150000' })).cpuQuota, '/sys/fs/cgroup/cpu.max');
  const mounts = factsOf(t, { ...v2({}), 'proc/self/mountinfo': v2Mount('/').slice(0, 40) });
  assertUnreadable(mounts.cpuQuota, '/proc/self/mountinfo');
  const memberships = factsOf(t, { ...v2({}), 'proc/self/cgroup': '1:cpu:/\n0:' });
  assertUnreadable(memberships.cpuQuota, '/proc/self/cgroup', /found "0:"/);
  const status = factsOf(t, { 'proc/self/status': 'Cpus_allowed_list:\t0-' });
  assertUnreadable(status.cpuset, '/proc/self/status');
  const stat = factsOf(t, v1({ 'memory/memory.stat': 'cache 0\nhierarchical_memory_limit' }));
  assertUnreadable(stat.memoryLimitBytes, '/sys/fs/cgroup/memory/memory.stat');
});

test('a quota without its period is unreadable', (t) => {
  const { [`${CGROUP}/cpu/cpu.cfs_period_us`]: _, ...tree } = v1({});
  assertUnreadable(factsOf(t, tree).cpuQuota, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us', /cpu\.cfs_period_us is missing/);
});

test('with one level unreadable the tightest readable one counts, and says what may be tighter', (t) => {
  const facts = factsOf(t, {
    ...v2({
      'cpu.max': '200000 100000\n',
      'app/cpu.max': 'garbage',
      'memory.max': 'max\n',
      'app/memory.max': DIRECTORY,
    }),
    'proc/self/cgroup': '0::/app\n',
  });
  assert.deepEqual(facts.cpuQuota, {
    kind: 'present',
    value: 2,
    source: '/sys/fs/cgroup/cpu.max',
    caveat: '/sys/fs/cgroup/app/cpu.max: expected "QUOTA PERIOD" or "max PERIOD", found "garbage"',
  });
  assertUnreadable(facts.memoryLimitBytes, '/sys/fs/cgroup/app/memory.max', /EISDIR/);
});

function v2(files: Tree): Tree {
  return {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': v2Mount('/'),
    ...cgroupAt(CGROUP),
    ...below(CGROUP, files),
  };
}

function v1(files: Tree): Tree {
  return {
    'proc/self/cgroup': '4:memory:/\n1:cpu:/\n',
    'proc/self/mountinfo': v1Mount('cpu', '/') + v1Mount('memory', '/'),
    ...cgroupAt(`${CGROUP}/cpu`),
    ...cgroupAt(`${CGROUP}/memory`),
    ...below(CGROUP, { 'cpu/cpu.cfs_quota_us': '150000\n', 'cpu/cpu.cfs_period_us': '100000\n', ...files }),
  };
}

function below(directory: string, files: Tree): Tree {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${directory}/${name}`, content]));
}

function assertUnreadable(reading: ContainerFacts['cpuQuota'], source: string, reason = /./): void {
  assert.equal(reading.kind, 'unreadable');
  assert.equal(reading.source, source);
  assert.match(reading.reason, reason);
}
