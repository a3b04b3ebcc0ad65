import type { ContainerFacts } from '../container/facts.js';
import { bytes } from './text.js';

const MIB = 2 ** 20;

/**
 * Memory that is not the workers': 64 MiB for the master and 128 MiB for the agent. In a container below 512 MiB they
 * get 3/8 instead, since a small container holds a small application, whose agent is small as well: 96 MiB of 256 MiB
 * hold a master and an agent that load little, and leave just one worker of the default 160 MiB.
 */
const MASTER_AND_AGENT_BYTES = (64 + 128) * MIB;
const MASTER_AND_AGENT_SHARE = 3 / 8;

/** One on standby has loaded no more than the framework: egg holds some 25 MiB of its own then, others more. */
const STANDBY_BYTES = 64 * MIB;

/** What bounds the number of workers, and to how many. */
export interface Bound {
  readonly count: number;
  readonly text: string;
}

/** What the memory limit leaves for app workers, or why nothing is known to limit them. */
export type Memory =
  | { readonly kind: 'limited'; readonly forWorkersBytes: number; readonly text: string }
  | { readonly kind: 'unlimited'; readonly text: string };

export function memoryOf(
  { memoryLimitBytes: limit, machineMemoryBytes: machine }: ContainerFacts,
  standbys: number,
): Memory {
  if (limit.kind === 'absent') return { kind: 'unlimited', text: 'there is no memory limit' };
  if (limit.kind === 'unreadable') return { kind: 'unlimited', text: 'the memory limit is unreadable' };
  if (machine.kind === 'present' && limit.value > machine.value) {
    const text = `the memory limit ${bytes(limit.value)} (${limit.source}) is above the machine's ${bytes(machine.value)}`;
    return { kind: 'unlimited', text };
  }
  const masterAndAgent = Math.min(MASTER_AND_AGENT_BYTES, Math.ceil(limit.value * MASTER_AND_AGENT_SHARE));
  const reserved = masterAndAgent + standbys * STANDBY_BYTES;
  const others = standbys === 0 ? 'master and agent' : `master, agent and ${standbys} on standby`;
  return {
    kind: 'limited',
    forWorkersBytes: Math.max(0, limit.value - reserved),
    text: `limit ${bytes(limit.value)} less ${bytes(reserved)} for ${others}; ${limit.source}`,
  };
}

export function memoryBound(memory: Memory, memoryPerWorker: number): Bound | undefined {
  if (memory.kind === 'unlimited') return undefined;
  const count = Math.floor(memory.forWorkersBytes / memoryPerWorker);
  return { count, text: `memory allows ${count} at ${bytes(memoryPerWorker)} each (${memory.text})` };
}
