import type { Config } from '../config/schema.js';
import type { Plan } from '../sizing.js';
import type { Policy } from '../supervisor/model.js';

/** What the supervisor goes by, from config and plan. */
export function policyOf(config: Config, plan: Plan, hasAgent: boolean): Policy {
  const { startup, health, restart, shutdown } = config;
  return {
    workers: plan.workers,
    hasAgent,
    parallelStarts: startup.parallel === 'auto' ? plan.workers : startup.parallel,
    startupMs: startup.timeout,
    checkIntervalMs: health.interval,
    checkFailures: health.failures,
    minReady: minReadyOf(health.minReady, plan.workers),
    restartLimit: restart.limit,
    restartWindowMs: restart.duration,
    backoffInitialMs: restart.backoff.initial,
    backoffMaxMs: restart.backoff.max,
    delayMs: shutdown.delay,
    appStopMs: shutdown.app,
    agentStopMs: shutdown.agent,
  };
}

/** At least one and never more than there are: a cluster that is whole is ready. */
function minReadyOf(wanted: Config['health']['minReady'], workers: number): number {
  const count = wanted.kind === 'count' ? wanted.value : Math.ceil(wanted.value * workers);
  return Math.min(workers, Math.max(1, count));
}
