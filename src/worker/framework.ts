import type { Server } from 'node:http';
import type { FrameworkOptions, HttpsFiles } from '../ipc/protocol.js';
import { load } from './load.js';

/** What an egg Application and Agent have in common, as far as egg-cluster uses it. */
interface Life {
  ready(callback: (error?: Error) => void): void;
  once(event: 'startTimeout' | 'error', listener: (error?: Error) => void): unknown;
  off(event: 'startTimeout' | 'error', listener: (error?: Error) => void): unknown;
  close(): Promise<void>;
}

export type EggAgent = Life;

export interface EggApplication extends Life {
  readonly options: { port?: number | undefined };
  readonly config: { readonly cluster?: ClusterConfig | undefined };
  callback(): (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void;
  emit(event: 'server', server: Server): boolean;
}

interface ClusterConfig {
  readonly listen?: { readonly port?: number; readonly hostname?: string; readonly path?: string } | undefined;
  readonly https?: Partial<HttpsFiles> | undefined;
}

export interface Framework {
  readonly Application: new (options: FrameworkOptions) => EggApplication;
  readonly Agent: new (options: FrameworkOptions) => EggAgent;
}

/** Loads the framework's module and looks for its two exports, as egg-cluster's master does. */
export async function loadFramework(file: string): Promise<Framework> {
  const namespace = (await load(file)) as Partial<Framework> & { default?: Partial<Framework> };
  const found = namespace.Application === undefined ? namespace.default : namespace;
  for (const name of ['Application', 'Agent'] as const) {
    if (typeof found?.[name] !== 'function') throw new Error(`should define ${name} in ${file}`);
  }
  return found as Framework;
}

/** Resolves once it is ready; rejects when it can't be, or emits `error` or `startTimeout` before. */
export function whenReady(life: Life): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error?: Error): void => reject(error ?? new Error('it failed to start and gave no error'));
    const timedOut = (): void => reject(new Error("start timeout (the application's workerStartTimeout)"));
    life.once('error', failed);
    life.once('startTimeout', timedOut);
    life.ready((error) => {
      life.off('error', failed);
      life.off('startTimeout', timedOut);
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}
