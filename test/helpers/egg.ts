import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Cluster, fixture, startCluster } from './cluster.js';
import { freePort, get } from './net.js';
import { until } from './until.js';

export type Egg = 'egg3' | 'egg4';
export const EGGS: readonly Egg[] = ['egg3', 'egg4'];

export interface EggOptions {
  /** Added to `app`; a `port: undefined` leaves it to the application. */
  readonly app?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** See test/fixtures/egg-parts/boot.js. */
  readonly fault?: string;
}

export type EggCluster = Cluster & {
  readonly port: number;
  /** What processes show from now on when they load or close the application. */
  setFault(name: string): void;
  terminationMessage(): string;
};

/** What the fixture's page `/` says of the worker that answers. */
export interface WorkerPage {
  readonly pid: number;
  readonly opids: readonly number[];
  readonly env: string;
  readonly variable: string | null;
  readonly stackTraceLimit: number;
  readonly execArgv: readonly string[];
  readonly clusterPort: number;
}

/** Two workers of the fixture application; what egg writes (logs, run) goes to a directory that ends with the test. */
export async function startEgg(t: TestContext, egg: Egg, options: EggOptions = {}): Promise<EggCluster> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'eggcup-egg-'));
  const setFault = (name: string): void => writeFileSync(join(home, 'fault'), name);
  if (options.fault !== undefined) setFault(options.fault);
  const terminationLog = join(home, 'termination-log');
  writeFileSync(terminationLog, ''); // As the kubelet does: eggcup creates none.
  const cluster = startCluster(t, {
    config: {
      app: { baseDir: fixture(`${egg}-app`), framework: egg, port, ...options.app },
      workers: { count: 2 },
      terminationLog,
      ...options.config,
    },
    env: { EGG_HOME: home, EGG_SERVER_ENV: 'prod', ...options.env },
  });
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return Object.assign(cluster, { port, setFault, terminationMessage: () => readFileSync(terminationLog, 'utf8') });
}

export async function getJson<T>(port: number, path: string): Promise<T> {
  const { status, body } = await get(port, path);
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
  return JSON.parse(body) as T;
}

/** Connections go round: asks until this worker answers. */
export function pageOf(cluster: EggCluster, pid: number): Promise<WorkerPage> {
  return until(`an answer of pid ${pid}`, async () => {
    const page = await getJson<WorkerPage>(cluster.port, '/');
    return page.pid === pid && page;
  });
}

/** The pids of the two app workers that are ready. */
export async function workerPids(cluster: Cluster): Promise<readonly [number, number]> {
  return until('two app workers to be ready', () => {
    const [first, second] = [cluster.pidOf('app-0'), cluster.pidOf('app-1')];
    return first !== undefined && second !== undefined && [first, second];
  });
}

export function agentPid(cluster: Cluster): Promise<number> {
  return until('the agent to be ready', () => cluster.pidOf('agent'));
}
