import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Cluster, startScript } from './cluster.js';
import { Load, ask } from './load.js';

/** A server that answers with its version and its arguments. */
type Served = Cluster & { readonly port: number };

export function startVersioned(t: TestContext, config: Readonly<Record<string, object>> = {}): Promise<Served> {
  const { app, ...others } = config;
  const env = { APP_VERSION: 'v1' };
  return startScript(t, 'scripts/versioned.js', { app: { env, args: ['a'], ...app }, ...others });
}

/** Clients on kept connections, and on a new one for each request. */
export function load(t: TestContext, port: number): Load {
  const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.after(() => agents.forEach((agent) => agent.destroy()));
  const clients = [...agents, false, false] as const;
  return new Load(
    t,
    clients.map((agent) => () => ask({ port, agent })),
  );
}

/** Pids. */
export function workers(cluster: Cluster): readonly (number | undefined)[] {
  return ['app-0', 'app-1'].map((slot) => cluster.pidOf(slot));
}

/** Writes the config file anew, with these sections changed. */
export function rewrite(cluster: Cluster, change: Readonly<Record<string, object>>): void {
  const file = join(cluster.dir, 'cluster.yaml');
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
  const merged = Object.entries(change).map(([name, section]) => [name, { ...config[name], ...section }]);
  writeFileSync(file, JSON.stringify({ ...config, ...Object.fromEntries(merged) }));
}
