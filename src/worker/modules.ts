import { statSync } from 'node:fs';
import { join } from 'node:path';
import { TRAINING_VARIABLE } from '../ipc/environment.js';
import { moduleCacheFile, type Role } from '../module-cache/place.js';
import { logToMaster } from './channel.js';
import { requireAt } from './load.js';

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
    const { recordModules } = loadOurs('record') as typeof import('../module-cache/record.js');
    return { tell: () => undefined, ...recordModules(training, role) };
  }
  if (isWithout(role)) return { tell: () => undefined, end: () => undefined };
  const { useModuleCache } = loadOurs('use') as typeof import('../module-cache/use.js');
  const { why, end } = useModuleCache(role);
  const tell = (): void => {
    if (why !== undefined) logToMaster('worker.cache-unused', 'warn', why);
  };
  return { tell, end };
}

/** Whether there is certainly no cache: most have none, and need nothing of what reads one. */
function isWithout(role: Role): boolean {
  try {
    return statSync(moduleCacheFile(process.cwd(), role), { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // Who uses it tells why it can't be.
  }
}

/** Only where it is needed: a program of its own. */
function loadOurs(name: 'record' | 'use'): unknown {
  const file = join(import.meta.dirname, `../module-cache/${name}.js`);
  return requireAt(file)(file);
}
