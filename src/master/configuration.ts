import { changesBetween, reachable } from '../config/changes.js';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { type ContainerFacts, readContainerFacts } from '../container/facts.js';
import type { Log } from '../log.js';
import { type Plan, overcommitOf, planSize, unreachedBy } from '../sizing/plan.js';
import { sizingOf } from '../sizing/config.js';
import type { LaunchId } from '../supervisor/model.js';
import { launchesInUse } from '../supervisor/view.js';
import type { Boot } from './boot.js';
import type { Executor } from './executor.js';
import type { Loop } from './loop.js';
import { policyOf } from './policy.js';

export interface ConfigurationOptions {
  readonly booted: Boot;
  readonly log: Log;
  readonly loop: Loop;
  readonly executor: Executor;
}

/** What a running cluster goes by: the config, the limits of the container, and the plan that both make. All of it may change. */
export class Configuration {
  readonly #options: ConfigurationOptions;
  /** By the number of the launch that was made of it: what processes may still be started with. */
  readonly #configs: Map<LaunchId, LoadedConfig>;
  #last: LoadedConfig;
  #plan: Plan;
  #facts: ContainerFacts;

  constructor(options: ConfigurationOptions) {
    const { loaded, plan, facts } = options.booted;
    this.#options = options;
    this.#configs = new Map([[0, loaded]]);
    this.#last = loaded;
    this.#plan = plan;
    this.#facts = facts;
  }

  /** The last one that was read. What holds at once is taken from it. */
  get config(): Config {
    return this.#last.config;
  }

  get plan(): Plan {
    return this.#plan;
  }

  get facts(): ContainerFacts {
    return this.#facts;
  }

  /** `undefined` where there is none, or where it can't be read. */
  get memoryLimitBytes(): number | undefined {
    const { memoryLimitBytes: limit } = this.#facts;
    return limit.kind === 'present' ? limit.value : undefined;
  }

  /** What is wrong with so many app workers: each has the heap of the plan, which may have been made for fewer. */
  warningsFor(workers: number): readonly string[] {
    const { health, workers: settings } = this.#last.config;
    const processes = { workers, standby: settings.standby };
    const tooMany = workers > this.#plan.workers ? overcommitOf(this.#facts, processes, this.#plan.heapMiB) : [];
    return [...tooMany, ...unreachedBy(workers, health.minReady)];
  }

  /** The container's limits as they are now, whether or not anything follows from them. */
  noteFacts(facts: ContainerFacts): void {
    this.#facts = facts;
  }

  /** A config was read again: it holds as far as it can in this container's life, and all app workers are replaced. */
  reload(after: LoadedConfig, reason: string): void {
    const { log, loop } = this.#options;
    // What has changed since it was last read; but what follows is judged by what has proven to start.
    for (const { key, from, to, effect } of changesBetween(this.#last, after)) {
      if (effect === 'container') log.warn('config.fixed', { key, from, to });
      else log.info('config.changed', { key, from, to, effect });
    }
    const before = this.#configOf(loop.state.launch);
    const changes = changesBetween(before, after);
    const config = reachable(before.config, after.config, changes);
    this.#facts = readContainerFacts();
    const wasPlanned = this.#plan.workers;
    this.#plan = planSize(this.#facts, sizingOf(config));
    log.setLevel(config.log.level);
    const launch = this.#addLaunch({ ...after, config });
    this.#last = this.#configOf(launch);
    // Nothing may follow from it before the replacement has begun: a process on standby would be forked with the old config.
    loop.adopt(policyOf(config, this.#plan, loop.policy.hasAgent));
    const { workers } = this.#plan;
    if (workers !== wasPlanned) loop.dispatch({ kind: 'scale-requested', reason, to: workers });
    const agent = changes.some(({ effect }) => effect === 'agent' || effect === 'processes');
    loop.dispatch({ kind: 'roll-requested', reason, launch, agent });
  }

  /** The container's limits have changed: so do the workers, and, where their heap changes, each of them. */
  resize(plan: Plan): void {
    const { log, loop } = this.#options;
    const { workers, heapMiB } = this.#plan;
    const reason = 'the limits of the container have changed';
    log.info('limits.changed', {
      workers: plan.workers,
      heapMiB: plan.heapMiB,
      before: { workers, heapMiB },
      reasons: plan.reasons,
    });
    this.#plan = plan;
    loop.adopt(policyOf(this.#last.config, plan, loop.policy.hasAgent));
    if (plan.workers !== workers) loop.dispatch({ kind: 'scale-requested', reason, to: plan.workers });
    if (plan.heapMiB === heapMiB) return loop.dispatch({ kind: 'policy-changed' });
    // By what would be started without it: what was asked for last, be it under way or still to come.
    const { roll, launch: proven } = loop.state;
    const launch = this.#addLaunch(this.#configOf(roll?.next?.launch ?? roll?.launch ?? proven));
    loop.dispatch({ kind: 'roll-requested', reason, launch, agent: false });
  }

  #addLaunch(loaded: LoadedConfig): LaunchId {
    const { booted, executor, loop } = this.#options;
    // A cluster may read its config again for years.
    const inUse = launchesInUse(loop.state);
    for (const id of [...this.#configs.keys()].filter((known) => !inUse.has(known))) {
      this.#configs.delete(id);
      executor.forgetLaunch(id);
    }
    const launch = executor.addLaunch(booted.rolesFor(loaded.config, this.#plan));
    this.#configs.set(launch, loaded);
    return launch;
  }

  #configOf(launch: LaunchId): LoadedConfig {
    const found = this.#configs.get(launch);
    if (found === undefined) throw new Error(`no config was kept for launch ${launch}`);
    return found;
  }
}
