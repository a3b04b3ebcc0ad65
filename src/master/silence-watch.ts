import type { State } from '../supervisor/model.js';
import { appsOf } from '../supervisor/turn.js';
import { isWaiting } from '../supervisor/standby.js';
import type { Happening } from './loop.js';
import { monotonicMs } from '../monotonic.js';

export interface SilenceWatchOptions {
  /** `health.workerTimeout` that this process was started with, for it sends its beats by that; `undefined` is never. */
  readonly timeoutMs: (id: number) => number | undefined;
  readonly state: () => State;
  /** How long this cgroup was kept off the CPU so far. */
  readonly throttledMs: () => number;
  /** Whether the master itself leaves unread what this child sends. */
  readonly isHeld: (id: number) => boolean;
  readonly dispatch: (happening: Happening) => void;
}

const LOOK_MS = 500;

/**
 * Hears the beats of the event loops of app workers, and of those that are to be one, and tells of those that are silent. Nobody is blamed for what holds up all:
 * time in which the master itself was late, or the whole cgroup was throttled, does not count.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #heardAt = new Map<number, number>();
  #lookedAt = monotonicMs();
  #throttledMs: number;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#throttledMs = options.throttledMs();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  beat(id: number): void {
    this.#heardAt.set(id, monotonicMs());
    const { state, dispatch } = this.#options;
    if (state().children.some((child) => child.id === id && child.hung)) dispatch({ kind: 'child-answers', id });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = monotonicMs();
    const excusedMs = this.#excusedMs(now);
    const state = this.#options.state();
    const [apps, standbys] = [appsOf(state), state.standbys.processes];
    const known = new Set([...apps, ...standbys].map(({ id }) => id));
    for (const id of this.#heardAt.keys()) if (!known.has(id)) this.#heardAt.delete(id);
    for (const { id } of apps.filter((child) => child.state.kind === 'ready'))
      this.#judge(id, now, excusedMs, (silentMs) => ({ kind: 'child-hung', id, silentMs }));
    for (const { id } of standbys.filter(isWaiting))
      this.#judge(id, now, excusedMs, (ms) => ({ kind: 'standby-failed', id, why: `it was silent for ${ms} ms` }));
  }

  #judge(id: number, now: number, excusedMs: number, happeningOf: (silentMs: number) => Happening): void {
    const { isHeld, timeoutMs, dispatch } = this.#options;
    const heardAt = isHeld(id) ? now : (this.#heardAt.get(id) ?? now);
    this.#heardAt.set(id, Math.min(now, heardAt + excusedMs));
    const silentMs = Math.round(now - heardAt - excusedMs);
    const longest = timeoutMs(id);
    if (longest !== undefined && silentMs >= longest) dispatch(happeningOf(silentMs));
  }

  #excusedMs(now: number): number {
    const throttledMs = this.#options.throttledMs();
    const lateMs = now - this.#lookedAt - LOOK_MS;
    const excused = Math.max(0, lateMs, throttledMs - this.#throttledMs);
    this.#lookedAt = now;
    this.#throttledMs = throttledMs;
    return excused;
  }
}
