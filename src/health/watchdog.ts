import { resolve } from 'node:path';
import type { Native } from '../native/addon.js';
import { DeadMan } from './dead-man.js';
import { WatchdogThread } from './watchdog-thread.js';

/** A master whose event loop has been silent for so long (a thread needs up to twice the time) is no longer `live`. */
export const WATCHDOG_MS = 4000;

/** What takes `live` away when the event loop hangs. It must not run on that loop. */
export interface Watchdog {
  beat(): void;
  stop(): void;
}

/** `onFailure` hears when there can be none (a limit of processes or memory), or when it has died. */
export function startWatchdog(
  liveFile: string,
  native: Native | undefined,
  onFailure: (error: Error) => void,
): Watchdog {
  const file = resolve(liveFile);
  const deadMan = native === undefined ? undefined : DeadMan.arm(native, file, WATCHDOG_MS);
  return deadMan ?? new WatchdogThread(file, WATCHDOG_MS, onFailure);
}
