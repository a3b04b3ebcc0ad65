/** What a process reads of its limits, where no container hides the cgroups above its own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { ContainerFacts } from '#eggcup/container/facts.js';
import { planSize, type Plan } from '#eggcup/sizing/plan.js';
import { ENTER_CGROUP } from '../../helpers/cgroup.js';
import { makeGroup } from '../../helpers/cgroup-v2.js';
import { DEFAULTS } from '../../unit/sizing-rig.js';

const MIB = 2 ** 20;

test('`max` is no limit, in the own cgroup and in the one above it', async () => {
  const parent = makeGroup({ 'cpu.max': 'max 100000', 'memory.max': 'max' });
  const facts = await factsIn(makeGroup({}, parent));
  assert.equal(facts.cgroup, 2);
  assert.deepEqual([facts.cpuQuota, facts.memoryLimitBytes], [{ kind: 'absent' }, { kind: 'absent' }]);
  assert.deepEqual(sizeOfFourCpus(facts), { workers: 4, heapMiB: null });
});

test('the limits of the cgroup above hold where the own one has none', async () => {
  const parent = makeGroup({ 'cpu.max': '200000 100000', 'memory.max': '512M' });
  const facts = await factsIn(makeGroup({}, parent));
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 2, source: join(parent, 'cpu.max') });
  assert.deepEqual(facts.memoryLimitBytes, present(512 * MIB, join(parent, 'memory.max')));
  assert.deepEqual(sizeOfFourCpus(facts), { workers: 2, heapMiB: 120 });
});

test('the tightest limit on the path counts, wherever it is', async () => {
  const parent = makeGroup({ 'cpu.max': '150000 100000', 'memory.max': '1G' });
  const child = makeGroup({ 'cpu.max': '200000 100000', 'memory.max': '256M' }, parent);
  const facts = await factsIn(child);
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 1.5, source: join(parent, 'cpu.max') });
  assert.deepEqual(facts.memoryLimitBytes, present(256 * MIB, join(child, 'memory.max')));
  assert.deepEqual(sizeOfFourCpus(facts), { workers: 1, heapMiB: 120 });
});

test('memory.high counts where it is below memory.max', async () => {
  const group = makeGroup({ 'memory.max': '512M', 'memory.high': '384M' });
  assert.deepEqual((await factsIn(group)).memoryLimitBytes, present(384 * MIB, join(group, 'memory.high')));
});

test('in a cgroup namespace with the mount of the host', async () => {
  const parent = makeGroup({ 'cpu.max': '150000 100000' });
  const child = makeGroup({ 'memory.max': '256M' }, parent);
  const facts = await factsIn(child, ['unshare', '--cgroup']);
  assert.deepEqual(facts.cpuQuota, { kind: 'present', value: 1.5, source: join(parent, 'cpu.max') });
  assert.deepEqual(facts.memoryLimitBytes, present(256 * MIB, join(child, 'memory.max')));
});

function present(value: number, source: string): object {
  return { kind: 'present', value, source };
}

/** The machine has one CPU, so that its cpuset hides what a quota above one decides: the plan of these limits with four. */
function sizeOfFourCpus(facts: ContainerFacts): Pick<Plan, 'workers' | 'heapMiB'> {
  const cpuset = { kind: 'present', value: 4, source: 'four CPUs' } as const;
  const { workers, heapMiB } = planSize({ ...facts, cpuset }, DEFAULTS);
  return { workers, heapMiB };
}

/** The facts that a new process reads which has moved itself into `group`, started through `wrapper`. */
async function factsIn(group: string, wrapper: readonly string[] = []): Promise<ContainerFacts> {
  const command = [...wrapper, process.execPath, '--input-type=module', '-e', PRINT_FACTS];
  const enter = ['-c', ENTER_CGROUP, join(group, 'cgroup.procs')];
  const { stdout } = await promisify(execFile)('sh', [...enter, ...command], { timeout: 60_000 });
  const facts: ContainerFacts = JSON.parse(stdout);
  return facts;
}

const PRINT_FACTS = `
  import { readContainerFacts } from ${JSON.stringify(import.meta.resolve('#eggcup/container/facts.js'))};
  console.log(JSON.stringify(readContainerFacts()));
`;
