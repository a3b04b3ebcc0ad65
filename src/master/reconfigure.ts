import { type Change, changesBetween, reachable } from '../config/changes.js';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { readContainerFacts } from '../container/facts.js';
import { type Plan, planSize } from '../sizing.js';

/** What a config that was read again makes of a running cluster. */
export interface Reconfigured {
  /** With what can be had in this container's life. */
  readonly config: Config;
  readonly plan: Plan;
  readonly changes: readonly Change[];
  /** Whether the agent has to be replaced as well. */
  readonly agent: boolean;
}

/** Compares a config that was read again with the one that the cluster runs by. */
export function reconfigure(before: LoadedConfig, after: LoadedConfig): Reconfigured {
  const changes = changesBetween(before, after);
  const config = reachable(before.config, after.config, changes);
  const plan = planSize(readContainerFacts(), config.workers);
  const agent = changes.some(({ effect }) => effect === 'agent' || effect === 'processes');
  return { config, plan, changes, agent };
}
