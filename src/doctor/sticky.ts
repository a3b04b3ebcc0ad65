import type { Native } from '../native/addon.js';
import { formatSticky, isInRequests, type Sticky } from '../sticky/mode.js';
import { type Finding, failure, ok } from './finding.js';

/** Whether the first request of a connection can be looked at, where `listen.sticky` needs that. */
export function lookAtSticky(sticky: Sticky, native: Native | undefined): readonly Finding[] {
  if (!isInRequests(sticky)) return [];
  const name = 'listen.sticky';
  if (native !== undefined) return [ok(name, formatSticky(sticky))];
  return [failure(name, `${formatSticky(sticky)} needs the native part`, 'see the native part; or use "address"')];
}
