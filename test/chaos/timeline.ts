import { type Observation, type Sample, askedAt } from './observation.js';

/** A busy machine: what has to be so "at once" may take so long. */
const AT_ONCE_MS = 1500;
/** A master that was stopped has so long to catch up. */
const CATCH_UP_MS = 1500;
/** The last clean-up: files go first, then what children have left behind gets a second. */
const LEAVING_MS = 2500;

export interface Moment extends Sample {
  /** For how long it has run without being stopped. */
  readonly awakeMs: number;
  /** Until it has ended, or has said that it is done and only has to leave; infinite when neither was seen. */
  readonly toEndMs: number;
}

/** The samples, each with what was going on. */
export function moments({ samples, end, log }: Observation): readonly Moment[] {
  let awakeSince = Number.NEGATIVE_INFINITY;
  // Between the two it may be stopped for long.
  const doneAt = log.find(({ event }) => event === 'stop.done')?.at ?? Number.POSITIVE_INFINITY;
  const endsAt = Math.min(doneAt, end?.at ?? Number.POSITIVE_INFINITY);
  return samples.map((sample) => {
    if (sample.masterState === 'T') awakeSince = sample.at;
    return { ...sample, awakeMs: sample.at - awakeSince, toEndMs: endsAt - sample.at };
  });
}

/** Those in which the master is neither stopped, nor has been a moment ago, nor is it about to leave. */
export function isAtWork({ awakeMs, toEndMs }: Moment): boolean {
  return awakeMs > CATCH_UP_MS && toEndMs > LEAVING_MS;
}

/** The longest time without a sample: this machine may have had no time for the master either. */
export function longestGap({ samples }: Observation): number {
  return samples.reduce((longest, { at }, index) => Math.max(longest, at - (samples[index - 1]?.at ?? at)), 0);
}

/** How long "at once" may take in this run. */
export function patience(seen: Observation): number {
  return AT_ONCE_MS + 3 * longestGap(seen);
}

/** The first stretch of moments without a break that lasts longer than `ms` and has `fact` all along; as text. */
export function lasting(all: readonly Moment[], ms: number, fact: (moment: Moment) => boolean): string | undefined {
  let since: number | undefined;
  for (const moment of all) {
    if (!fact(moment)) since = undefined;
    else since ??= moment.at;
    if (since !== undefined && moment.at - since > ms)
      return `from ${Math.round(since)} to ${Math.round(moment.at)} ms`;
  }
  return undefined;
}

/** The time by which a stop that was asked for is under way; infinite when none was. A stopped master hears later. */
export function stopHeardBy(seen: Observation): number {
  const asked = askedAt(seen);
  if (asked === undefined) return Number.POSITIVE_INFINITY;
  const stopped = seen.samples.findLast(({ at, masterState }) => at >= asked && masterState === 'T');
  return Math.max(asked, stopped?.at ?? asked) + patience(seen);
}
