import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import { INSTANCE_VARIABLE, MASTER_PID_VARIABLE } from '../ipc/environment.js';
import type { FrameworkOptions, RequestLimit } from '../ipc/protocol.js';
import type { Strategy } from '../listening/strategy.js';
import type { Launch } from '../process/launch.js';
import { heapIn } from '../sizing/heap-option.js';
import type { Plan } from '../sizing/plan.js';
import { isInRequests, type Wanted } from '../sticky/mode.js';

export interface Roles {
  readonly agent: Launch | undefined;
  readonly app: Launch;
}

export interface LaunchFacts {
  readonly config: Config;
  readonly plan: Plan;
  /** The framework's file, already found; `undefined` for a script. */
  readonly framework: string | undefined;
  readonly clusterPort: number;
  readonly strategy: Strategy;
  readonly masterPid: number;
  /** Marks all processes of this master, see `INSTANCE_VARIABLE`. */
  readonly instance: string;
  readonly env: NodeJS.ProcessEnv;
}

export function rolesOf(facts: LaunchFacts): Roles {
  return facts.framework === undefined ? scriptRoles(facts) : frameworkRoles(facts, facts.framework);
}

function frameworkRoles(facts: LaunchFacts, framework: string): Roles {
  const { config } = facts;
  const { shutdown } = config;
  const options: FrameworkOptions = {
    baseDir: config.app.baseDir,
    framework,
    workers: facts.plan.workers,
    clusterPort: facts.clusterPort,
    plugins: null,
    require: config.app.require,
    port: config.app.port,
    hostname: config.app.hostname,
    https: config.app.https,
    env: config.app.env['EGG_SERVER_ENV'] ?? facts.env['EGG_SERVER_ENV'],
  };
  // What `require` lists may have to come before the framework (instrumentation does), so it can't be prepared then.
  const loadsAhead = config.app.require.length === 0;
  const role = (name: 'agent' | 'app'): Launch => ({
    exec: join(import.meta.dirname, `../worker/framework-${name}.js`),
    args: [],
    execArgv: [...heapOption(facts, name), ...config.app.nodeOptions],
    env: childEnv(facts),
    cwd: config.app.baseDir,
    hungAfterMs: hungAfterMsOf(facts, name),
    heapMiB: heapOf(facts, name),
    framework: loadsAhead ? framework : undefined,
    task: {
      kind: 'framework',
      role: name,
      requests: requestsOf(facts, name),
      beatMs: beatMsOf(facts, name),
      reusePort: name === 'app' && facts.strategy === 'reusePort',
      sticky: stickyOf(facts, name),
      options,
      unixSocket: config.app.unixSocket,
      drainMs: drainMsOf(shutdown, name),
    },
  });
  return { agent: config.agent.enabled === false ? undefined : role('agent'), app: role('app') };
}

/** What there will be of them before a master is there: to look at, not to be started. */
export function rolesAhead(facts: Omit<LaunchFacts, 'clusterPort' | 'masterPid' | 'instance'>): Roles {
  return rolesOf({ ...facts, clusterPort: 0, masterPid: 0, instance: '' });
}

function scriptRoles(facts: LaunchFacts): Roles {
  const { app, agent, shutdown } = facts.config;
  const role = (name: 'agent' | 'app', script: string, ready: 'loaded' | 'listening' | 'message'): Launch => ({
    exec: script,
    args: name === 'app' ? [...app.args] : [],
    execArgv: [...heapOption(facts, name), ...preload(), ...app.nodeOptions],
    env: childEnv(facts),
    cwd: app.baseDir,
    hungAfterMs: hungAfterMsOf(facts, name),
    heapMiB: heapOf(facts, name),
    framework: undefined,
    task: {
      kind: 'script',
      role: name,
      requests: requestsOf(facts, name),
      beatMs: beatMsOf(facts, name),
      reusePort: name === 'app' && facts.strategy === 'reusePort',
      sticky: stickyOf(facts, name),
      ready,
      require: app.require,
      baseDir: app.baseDir,
      drainMs: drainMsOf(shutdown, name),
      port: app.port,
      unixSocket: app.unixSocket,
    },
  });
  if (app.script === undefined) throw new Error('neither a framework nor a script');
  return {
    agent: agent.script === undefined || agent.enabled === false ? undefined : role('agent', agent.script, agent.ready),
    app: role('app', app.script, app.ready),
  };
}

/** A little less than the master's patience, so that the process still ends by itself. */
function drainMsOf({ app, agent }: LaunchFacts['config']['shutdown'], role: 'agent' | 'app'): number {
  return 0.9 * (role === 'app' ? app : agent);
}

function requestsOf({ config }: LaunchFacts, role: 'agent' | 'app'): RequestLimit | undefined {
  const { maxRequests, jitter } = config.workers.recycle;
  return role === 'agent' || maxRequests === 0 ? undefined : { max: maxRequests, jitter };
}

function hungAfterMsOf({ config }: LaunchFacts, role: 'agent' | 'app'): number | undefined {
  const { workerTimeout } = config.health;
  return role === 'agent' || workerTimeout === 0 ? undefined : workerTimeout;
}

/** Several in the time after which silence counts, so that one that is late does not. */
function beatMsOf(facts: LaunchFacts, role: 'agent' | 'app'): number | undefined {
  const hungAfterMs = hungAfterMsOf(facts, role);
  return hungAfterMs === undefined ? undefined : Math.min(5000, Math.max(100, hungAfterMs / 4));
}

/** By address there is nothing to do for a worker. */
function stickyOf({ config }: LaunchFacts, role: 'agent' | 'app'): Wanted | undefined {
  const { sticky } = config.listen;
  return role === 'app' && isInRequests(sticky) ? sticky : undefined;
}

/** Our part of a script's process: loaded before the script, which it holds back until the gate opens. */
function preload(): string[] {
  return ['--require', join(import.meta.dirname, '../worker/script.js')];
}

/** The options of Node.js that a process sees of a launch: eggcup's own preload takes itself away. */
export function nodeOptionsOf({ execArgv, task }: Launch): readonly string[] {
  return task.kind === 'script' ? execArgv.toSpliced(execArgv.indexOf('--require'), 2) : execArgv;
}

function heapOf({ plan }: LaunchFacts, role: 'agent' | 'app'): number | undefined {
  return role === 'app' ? (plan.heapMiB ?? undefined) : undefined;
}

function heapOption(facts: LaunchFacts, role: 'agent' | 'app'): string[] {
  const heapMiB = heapOf(facts, role);
  const isThere = heapIn(facts.config.app.nodeOptions) !== undefined;
  return heapMiB === undefined || isThere ? [] : [`--max-old-space-size=${heapMiB}`];
}

function childEnv({ config, env, masterPid, instance }: LaunchFacts): Record<string, string> {
  const { app } = config;
  const nodeEnv = app.env['NODE_ENV'] ?? env['NODE_ENV'];
  return {
    ...present(env),
    // As egg-cluster does.
    ...(nodeEnv === 'production' ? { NO_DEPRECATION: '*' } : {}),
    // Where the master expects it: a framework gets these as options.
    ...(app.port !== undefined && app.script !== undefined ? { PORT: String(app.port) } : {}),
    ...(app.hostname !== undefined && app.script !== undefined ? { HOST: app.hostname } : {}),
    ...app.env,
    [MASTER_PID_VARIABLE]: String(masterPid),
    [INSTANCE_VARIABLE]: instance,
  };
}

function present(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
