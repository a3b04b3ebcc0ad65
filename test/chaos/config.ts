import { join } from 'node:path';
import { fixture } from '../helpers/cluster.js';
import { type ConfigFile, versionOf } from './change.js';
import { AGENT_STOP_MS, APP_STOP_MS, HEALTH_INTERVAL_MS, type Setup } from './schedule.js';

/** Where a run takes place. */
export interface Place {
  readonly dir: string;
  readonly port: number;
  readonly httpPort: number;
}

/** What the config file of a run says at first. */
export function firstFile({ workers }: Setup): ConfigFile {
  return { workers, version: 0, flaw: 'none' };
}

/** The config file of a run. */
export function configOf(setup: Setup, file: ConfigFile, { dir, port, httpPort }: Place): object {
  return {
    apiVersion: 'eggcup/v1',
    ...(setup.program === 'egg' ? eggConfig(file, dir, port) : scriptConfig(setup, file, dir, port)),
    workers: { count: file.flaw === 'invalid' ? 'many' : file.workers, standby: setup.standby },
    listen: listenOf(setup),
    startup: { timeout: `${setup.startupMs}ms`, parallel: setup.parallel },
    health: {
      dir: join(dir, 'health'),
      interval: `${HEALTH_INTERVAL_MS}ms`,
      failures: setup.failures,
      minReady: Math.min(setup.minReady, file.workers),
      http: { enabled: setup.http, host: '127.0.0.1', port: httpPort },
    },
    restart: { limit: setup.restartLimit, duration: '60s', backoff: { initial: '50ms', max: '400ms' } },
    shutdown: { delay: `${setup.delayMs}ms`, app: `${APP_STOP_MS}ms`, agent: `${AGENT_STOP_MS}ms` },
    log: { level: 'debug' },
    terminationLog: join(dir, 'termination'),
  };
}

function listenOf({ listen }: Setup): object {
  return listen === 'roundRobin' || listen === 'shared' ? { strategy: listen } : { sticky: listen };
}

/** What egg writes goes to the run's own directory. */
function eggConfig(file: ConfigFile, dir: string, port: number): object {
  const env = { EGG_HOME: dir, EGG_SERVER_ENV: 'prod', APP_VERSION: versionOf(file) };
  return {
    app: { framework: 'egg4', baseDir: fixture('egg4-app'), port, env, require: [fixture('chaos/version.cjs')] },
  };
}

function scriptConfig(setup: Setup, file: ConfigFile, dir: string, port: number): object {
  const env = {
    APP_VERSION: versionOf(file),
    APP_BEHAVIOUR: JSON.stringify(setup.appBehaviour),
    APP_LOADS: join(dir, 'app-loads'),
    AGENT_BEHAVIOUR: JSON.stringify(setup.agentBehaviour),
    AGENT_LOADS: join(dir, 'agent-loads'),
  };
  return {
    app: { script: fixture('chaos/app.cjs'), baseDir: dir, port, ready: setup.appReady, env },
    agent: setup.agent === 'none' ? {} : { script: fixture('chaos/agent.cjs'), ready: setup.agent },
  };
}
