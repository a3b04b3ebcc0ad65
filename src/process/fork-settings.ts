import cluster from 'node:cluster';
import type { Slot } from '../supervisor/model.js';
import type { Launch } from './launch.js';

/** What is forked next in Node's cluster, whoever forks it: the module has one setting for all, and cfork one environment. */
export class ForkSettings {
  /** For `cluster.fork`: one object, which holds what the next one needs. */
  readonly env: Record<string, string> = {};

  /** `variables` are those that no other process of this launch has. */
  prepare({ exec, args, execArgv, cwd, env }: Launch, variables: Readonly<Record<string, string>> = {}): void {
    cluster.setupPrimary({ exec, args, execArgv, cwd, serialization: 'json' });
    for (const name of Object.keys(this.env)) Reflect.deleteProperty(this.env, name);
    Object.assign(this.env, env, variables);
  }
}

/** cfork's variables of a worker. */
export function variablesOf(slot: Slot, workers: number): Readonly<Record<string, string>> {
  return { CFORK_WORKER_INDEX: slot.slice('app-'.length), CFORK_WORKER_COUNT: String(workers) };
}
