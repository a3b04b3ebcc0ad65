import { createRequire } from 'node:module';
import { TRAINING_VARIABLE } from '../ipc/environment.js';
import type { Role } from '../module-cache/place.js';
import { useModuleCache } from '../module-cache/use.js';
import { logToMaster } from './channel.js';

/** The modules of an application that is to get ready. */
export interface Modules {
  /** Tells the master why there is no cache for them, if there should be one. To be called when it listens. */
  readonly tell: () => void;
  /** The application is ready: what it loads from now on it loads seldom. Can be called again. */
  readonly end: () => void;
}

/** From now on this process loads modules with the cache of `eggcup compile --app`, or records them for it. */
export function beginModules(role: Role): Modules {
  const training = process.env[TRAINING_VARIABLE];
  if (training !== undefined) {
    // Whatever the application starts is none of its processes.
    Reflect.deleteProperty(process.env, TRAINING_VARIABLE);
    const { recordModules } = load('../module-cache/record.js');
    return { tell: () => undefined, ...recordModules(training, role) };
  }
  const { why, end } = useModuleCache(role);
  const tell = (): void => {
    if (why !== undefined) logToMaster('worker.cache-unused', 'warn', why);
  };
  return { tell, end };
}

/** Only where it is needed. */
function load(file: string): typeof import('../module-cache/record.js') {
  return createRequire(import.meta.url)(file) as typeof import('../module-cache/record.js');
}
