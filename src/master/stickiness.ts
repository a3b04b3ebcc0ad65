import { maxDescriptors } from '../container/process-limits.js';
import { EggcupError } from '../errors.js';
import type { Log } from '../log.js';
import { FirstLook } from '../process/first-look.js';
import { Handover } from '../process/handover.js';
import { StickyHandover } from '../process/sticky-handover.js';
import { formatSticky, isInRequests, type Sticky } from '../sticky/mode.js';
import type { NativePart } from './adopt-orphans.js';

/** As many connections may wait for one worker, and for a first look. */
const MAX_QUEUE = 4096;
const MAX_SILENT = 1024;
const USUAL_DESCRIPTORS = 1024;

/** Throws `ERR_STICKY` (exit 78) where the first request of a connection can't be looked at. */
export function checkSticky(sticky: Sticky, { native, whyNotNative }: NativePart): void {
  if (!isInRequests(sticky) || native !== undefined) return;
  throw new EggcupError(
    'ERR_STICKY',
    `listen.sticky "${formatSticky(sticky)}" needs the native part, which could not be loaded (${whyNotNative}); use "address" or "none", or run on Linux, x64 or arm64`,
  );
}

/** Who brings connections to the app workers: Node's round robin, looked after, or a choice by client. */
export function handoverFor(sticky: Sticky, { native }: NativePart, log: Log): Handover | StickyHandover {
  if (sticky.kind === 'none') return new Handover();
  // What waits may not keep the master from what it needs descriptors for itself: a fork, a file of health.dir.
  const spare = maxDescriptors() ?? USUAL_DESCRIPTORS;
  const maxQueue = Math.min(MAX_QUEUE, Math.ceil(spare / 8));
  if (!isInRequests(sticky) || native === undefined) return new StickyHandover(undefined, maxQueue);
  let isSaid = false;
  const onUnreadable = (protocol: string): void => {
    if (isSaid) return;
    isSaid = true;
    const remedy = 'serve HTTP/1 without TLS behind a proxy that ends it, or use listen.sticky: address';
    log.warn('sticky.unreadable', { sticky: formatSticky(sticky), protocol, remedy });
  };
  const firstLook = new FirstLook(native, sticky, Math.min(MAX_SILENT, Math.ceil(spare / 8)));
  return new StickyHandover({ wanted: sticky, firstLook, onUnreadable }, maxQueue);
}
