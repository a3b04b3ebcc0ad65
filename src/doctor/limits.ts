import { join } from 'node:path';
import { findLevels, readCgroups } from '../container/cgroup-levels.js';
import { type ContainerFacts, readContainerFacts } from '../container/facts.js';
import { read, type Reading, tightest } from '../container/reading.js';
import { type Finding, ok, warning } from './finding.js';

/** What the cgroup grants. */
export function lookAtLimits(root: string, sizedBy: { readonly cpu: number | undefined }): readonly Finding[] {
  const facts = readContainerFacts({ root });
  return [
    cgroup(facts),
    quota(facts, sizedBy.cpu),
    limit('cpuset', facts.cpuset, (cpus) => `${cpus} CPUs may be used`, 'all CPUs may be used'),
    memory(facts),
    pids(root),
    ...oomGroup(root),
  ];
}

function cgroup({ cgroup: version }: ContainerFacts): Finding {
  if (version !== null) return ok('cgroup', `version ${version}`);
  return warning('cgroup', 'none is found', 'mount /sys/fs/cgroup and /proc, or set workers.count and workers.heap');
}

function quota({ cpuQuota, availableParallelism }: ContainerFacts, cpu: number | undefined): Finding {
  const name = 'CPU quota';
  if (cpuQuota.kind !== 'absent') return limit(name, cpuQuota, (cpus) => `${cpus} CPUs`, '');
  if (cpu !== undefined) return ok(name, `none; workers.cpu says ${cpu}`);
  const remedy = 'set a limit (resources.limits.cpu, docker run --cpus), or workers.cpu to the request';
  return warning(name, `none: workers are counted by the ${availableParallelism} CPUs of the machine`, remedy);
}

function memory({ memoryLimitBytes, machineMemoryBytes }: ContainerFacts): Finding {
  const name = 'memory limit';
  const machine = machineMemoryBytes.kind === 'present' ? machineMemoryBytes.value : Infinity;
  const none =
    memoryLimitBytes.kind === 'absent' || (memoryLimitBytes.kind === 'present' && memoryLimitBytes.value > machine);
  if (!none) return limit(name, memoryLimitBytes, mebibytes, '');
  const remedy = 'set one (resources.limits.memory, docker run --memory): the heap of each worker is planned by it';
  return warning(name, 'none', remedy);
}

/** Threads count as well: a process of Node.js has about eleven. */
function pids(root: string): Finding {
  const levels = findLevels(root, readCgroups(root), 'pids');
  const readings =
    levels.kind === 'present'
      ? levels.value.directories.map((directory) => read(root, join(directory, 'pids.max'), parsePids))
      : [];
  const tight = tightest(readings);
  if (tight.kind !== 'present' || tight.value >= ENOUGH_PIDS)
    return limit('pids limit', tight, (count) => `${count} threads`, 'none');
  const remedy = `allow at least ${ENOUGH_PIDS}: master, agent and each app worker have about eleven threads each, and the application starts its own`;
  return warning('pids limit', `${tight.value} threads (${tight.source})`, remedy);
}

const ENOUGH_PIDS = 64;

function parsePids(text: string): number | undefined {
  return text.trim() === 'max' ? undefined : Number(text);
}

/** cgroup v2; Kubernetes sets it since 1.28. */
function oomGroup(root: string): readonly Finding[] {
  const levels = findLevels(root, readCgroups(root), 'memory');
  const [own] = levels.kind === 'present' && levels.value.version === 2 ? levels.value.directories : [];
  if (own === undefined) return [];
  const set = read(root, join(own, 'memory.oom.group'), (text) => (text.trim() === '1' ? true : undefined));
  if (set.kind !== 'present') return [];
  const remedy = 'let V8 end a leaking worker first (workers.heap: auto), or set singleProcessOOMKill for the kubelet';
  return [warning('memory.oom.group', 'one process out of memory takes the whole container with it', remedy)];
}

function limit(name: string, reading: Reading<number>, show: (value: number) => string, none: string): Finding {
  switch (reading.kind) {
    case 'absent':
      return ok(name, none);
    case 'present':
      return ok(name, `${show(reading.value)} (${reading.source})`);
    case 'unreadable':
      return warning(
        name,
        `${reading.source}: ${reading.reason}`,
        'make it readable, or set workers.count and workers.heap',
      );
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
