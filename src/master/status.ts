import type { ChildSnapshot, Markers, Snapshot } from '../health/snapshot.js';
import { readRssBytes } from '../process/proc.js';
import type { RssSamples } from '../process/rss-samples.js';
import type { Policy, Slot, State } from '../supervisor/model.js';
import {
  childViews,
  hasStarted,
  isLive,
  isReady,
  minReadyOf,
  restartsInWindow,
  shownPhase,
  standbyViews,
} from '../supervisor/view.js';
import type { ContainerFacts } from '../container/facts.js';
import type { Reading } from '../container/reading.js';
import type { Plan } from '../sizing/plan.js';
import { isoTime } from '../monotonic.js';

/** What changes only when the config is read again. */
export interface StatusFrame {
  readonly startedAt: string;
  readonly startTicks: string | null;
  readonly pidNamespace: string | null;
  readonly plan: Plan;
  readonly facts: ContainerFacts;
}

/** What only the moment tells. */
export interface Now {
  readonly at: number;
  readonly address: string | null;
  readonly zombies: number;
  readonly messagesDropped: (slot: Slot) => number;
}

export function markersOf(state: State, policy: Policy): Markers {
  return { started: hasStarted(state), ready: isReady(state, policy), live: isLive(state) };
}

/** `status.json` (design 3): one snapshot. `zombies` counts children that have ended and were not reaped. */
export function statusOf(state: State, policy: Policy, now: Now, frame: StatusFrame, rss: RssSamples): Snapshot {
  const { plan, facts } = frame;
  return {
    apiVersion: 'eggcup/v1',
    phase: shownPhase(state),
    ...markersOf(state, policy),
    pid: process.pid,
    startTicks: frame.startTicks,
    pidNamespace: frame.pidNamespace,
    startedAt: frame.startedAt,
    updatedAt: isoTime(now.at),
    address: now.address,
    workers: state.wanted,
    minReady: minReadyOf(state, policy),
    plan: { workers: plan.workers, heapMiB: plan.heapMiB, reasons: plan.reasons },
    container: {
      cgroup: facts.cgroup,
      cpuQuota: valueOf(facts.cpuQuota),
      cpuset: valueOf(facts.cpuset),
      memoryLimitBytes: valueOf(facts.memoryLimitBytes),
    },
    children: childViews(state).map((child) => ({
      slot: child.slot,
      pid: child.pid,
      state: child.state,
      restarts: child.restarts,
      rssBytes: child.pid === null ? null : memoryOf(child.pid, child.state, rss),
      since: isoTime(child.since),
      messagesDropped: now.messagesDropped(child.slot),
    })),
    standbys: standbyViews(state).map(({ pid, state: shown, since }) => ({
      pid,
      state: shown,
      rssBytes: readRssBytes(pid), // To be remembered for nobody: one that ends has no last words.
      since: isoTime(since),
    })),
    restartsInWindow: restartsInWindow(state, policy, now.at),
    zombies: now.zombies,
  };
}

function valueOf(reading: Reading<number>): number | null {
  return reading.kind === 'present' ? reading.value : null;
}

/** Of one that is not ready what the last beat has seen: to look at it now would only hold up its start. */
function memoryOf(pid: number, state: ChildSnapshot['state'], rss: RssSamples): number | null {
  return state === 'ready' ? rss.take(pid) : rss.last(pid);
}
