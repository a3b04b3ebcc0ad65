import type { Config } from '../config/schema.js';
import type { Plan } from '../sizing/plan.js';
import type { Policy } from '../supervisor/model.js';

/** What the supervisor goes by, from config and plan. */
export function policyOf(config: Config, plan: Plan, hasAgent: boolean): Policy {
  const { startup, health, restart, shutdown, workers } = config;
  return {
    workers: plan.workers,
    hasAgent,
    parallelStarts: startup.parallel === 'auto' ? plan.workers : startup.parallel,
    startupMs: startup.timeout,
    checkIntervalMs: health.interval,
    checkFailures: health.failures,
    minReady: health.minReady,
    restartLimit: restart.limit,
    restartWindowMs: restart.duration,
    backoffInitialMs: restart.backoff.initial,
    backoffMaxMs: restart.backoff.max,
    delayMs: shutdown.delay,
    appStopMs: shutdown.app,
    agentStopMs: shutdown.agent,
    standbys: workers.standby,
  };
}
