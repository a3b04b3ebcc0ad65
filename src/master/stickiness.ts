import { EggcupError } from '../errors.js';
import type { Log } from '../log.js';
import { FirstLook } from '../process/first-look.js';
import { Handover } from '../process/handover.js';
import { StickyHandover } from '../process/sticky-handover.js';
import { formatSticky, isInRequests, type Sticky } from '../sticky/mode.js';
import type { NativePart } from './adopt-orphans.js';

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
  if (!isInRequests(sticky) || native === undefined) return new StickyHandover(undefined);
  let isSaid = false;
  const onUnreadable = (protocol: string): void => {
    if (isSaid) return;
    isSaid = true;
    const remedy = 'serve HTTP/1 without TLS behind a proxy that ends it, or use listen.sticky: address';
    log.warn('sticky.unreadable', { sticky: formatSticky(sticky), protocol, remedy });
  };
  return new StickyHandover({
    wanted: sticky,
    firstLook: new FirstLook((...given) => native.peekSocket(...given), sticky),
    onUnreadable,
  });
}
