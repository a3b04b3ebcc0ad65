import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusFile } from '../helpers/cluster.js';
import { childrenOf } from '../helpers/processes.js';
import type { Sample, SeenProcess } from './observation.js';

/** A process with the pid by which this process can signal it. */
export interface LivingProcess extends SeenProcess {
  readonly outerPid: number;
}

type Identity = Pick<SeenProcess, 'pid' | 'kind' | 'version'>;

const TICK_MS = 10; // USER_HZ is 100 on every Linux.

/** Looks at a master's processes and files, from outside of its namespaces. */
export class Sampler {
  readonly #master: number;
  readonly #healthDir: string;
  /** `performance.now()` at the master's start. */
  readonly #zero: number;
  /** What does not change of a process, by its outer pid and start. */
  readonly #known = new Map<string, Identity>();

  constructor(master: number, healthDir: string, zero: number) {
    this.#master = master;
    this.#healthDir = healthDir;
    this.#zero = zero;
  }

  get now(): number {
    return performance.now() - this.#zero;
  }

  /** `undefined` when the master ended meanwhile: half of it would be of its clean-up. */
  sample(): Sample | undefined {
    const at = this.now;
    // `ready` before `started`: it is written first and removed first.
    const ready = this.#has('ready');
    const started = this.#has('started');
    const liveAgeMs = this.#liveAge();
    const status = this.#status();
    const processes = this.processes();
    const masterState = statOf(this.#master)?.state;
    if (masterState === undefined || masterState === 'Z' || masterState === 'X') return undefined;
    return { at, masterState, ready, started, liveAgeMs, status, processes };
  }

  /** All below the master, zombies among them. */
  processes(): readonly LivingProcess[] {
    const found: LivingProcess[] = [];
    const look = (parent: number): void => {
      for (const outerPid of childrenOf(parent)) {
        const stat = statOf(outerPid);
        if (stat === undefined) continue;
        const isChild = parent === this.#master;
        found.push({
          outerPid,
          isChild,
          state: stat.state,
          startedAt: this.#start(stat),
          ...this.#identity(outerPid, stat, isChild),
        });
        look(outerPid);
      }
    };
    look(this.#master);
    return found;
  }

  #has(file: string): boolean {
    return statSync(join(this.#healthDir, file), { throwIfNoEntry: false }) !== undefined;
  }

  #liveAge(): number | undefined {
    const found = statSync(join(this.#healthDir, 'live'), { throwIfNoEntry: false });
    return found === undefined ? undefined : Date.now() - found.mtimeMs;
  }

  #status(): Sample['status'] {
    let text: string;
    try {
      text = readFileSync(join(this.#healthDir, 'status.json'), 'utf8');
    } catch {
      return 'absent';
    }
    try {
      return JSON.parse(text) as StatusFile;
    } catch {
      return 'broken';
    }
  }

  #start({ ticks }: Stat): number {
    const upMs = Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
    return this.now - (upMs - ticks * TICK_MS);
  }

  #identity(outerPid: number, { ticks }: Stat, isChild: boolean): Identity {
    const key = `${outerPid} ${ticks}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const pids = /^NSpid:.*\t(\d+)$/m.exec(textOf(outerPid, 'status'))?.[1];
    // First: who has the command line of a worker has its environment as well. The other way round it could still be the master's.
    const kind = kindOf(outerPid);
    const environment = textOf(outerPid, 'environ');
    const version = /(?:^|\0)APP_VERSION=([^\0]*)/.exec(environment)?.[1];
    const identity = { pid: Number(pids ?? 0), kind, version };
    // Between its fork and its exec a process is its parent's double: of a worker's children none is another worker.
    if (!isChild) return { ...identity, kind: 'other' };
    // In the middle of its exec it has none yet.
    if (identity.kind !== 'other' && pids !== undefined && environment !== '') this.#known.set(key, identity);
    return identity;
  }
}

/** By its command line. */
export function kindOf(outerPid: number): SeenProcess['kind'] {
  const commandLine = textOf(outerPid, 'cmdline');
  if (/chaos\/app\.cjs|framework-app\.js/.test(commandLine)) return 'app';
  return /chaos\/agent\.cjs|framework-agent\.js/.test(commandLine) ? 'agent' : 'other';
}

interface Stat {
  readonly state: string;
  readonly ticks: number;
}

function statOf(pid: number): Stat | undefined {
  const text = textOf(pid, 'stat');
  if (text === '') return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', ticks: Number(fields[19]) };
}

function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It has ended.
  }
}
