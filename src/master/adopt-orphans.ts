import { endingOf } from '../init/wait-status.js';
import { signalName } from '../init/signal-names.js';
import { Reaper } from '../init/reaper.js';
import type { Log } from '../log.js';
import type { Native } from '../native/addon.js';

/** A native module in the master's process that forks and waits by itself has so long to do it. */
const GRACE_MS = 50;

export interface NativePart {
  readonly native: Native | undefined;
  /** Why there is none. */
  readonly whyNotNative: string | undefined;
}

/**
 * From here on orphans below the master become its children (as PID 1 they do anyway), and are reaped. Without the native
 * part that is said once, with the remedy.
 */
export function adoptOrphans({ native, whyNotNative }: NativePart, log: Log): Reaper | undefined {
  if (native === undefined) {
    const remedy = 'start the container with an init (docker run --init) if the application leaves orphans behind';
    log.warn('init.unavailable', { reason: whyNotNative, remedy });
    return undefined;
  }
  const errno = process.pid === 1 ? 0 : native.becomeSubreaper();
  if (errno < 0) log.warn('init.no-subreaper', { errno: -errno });
  return new Reaper({
    native,
    graceMs: GRACE_MS,
    onReaped: (pid, waitStatus) => {
      const ending = endingOf(waitStatus);
      log.debug('child.orphan-reaped', {
        pid,
        ...(ending.kind === 'exited' ? { code: ending.code } : { signal: signalName(ending.signal) }),
      });
    },
  });
}
