import { nextDeadline } from '../supervisor/deadlines.js';
import type { Command, Step } from '../supervisor/commands.js';
import type { Event } from '../supervisor/events.js';
import type { Policy, State } from '../supervisor/model.js';
import { begin, transition } from '../supervisor/transition.js';
import { monotonicMs } from '../monotonic.js';

/** An event as its source tells it; the loop adds when. */
export type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

/** A machine may be so busy that timers are late; more than that, and nobody else had any time either, or was not heard. */
const LATE_MS = 1000;
/** setTimeout takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Holds the only mutable state of the master and takes one event at a time. Whoever hears something calls
 * `dispatch`; commands that cause further events only queue them. One timer is armed, for the nearest deadline.
 */
export class Loop {
  #policy: Policy;
  readonly #run: (command: Command) => void;
  readonly #observe: (state: State) => void;
  readonly #queue: Event[] = [];
  readonly #first: Step;
  #state: State;
  /** When the last thing happened that the state has an answer to. */
  #knownAt: number;
  #busy = false;
  #halted = false;
  #timer: NodeJS.Timeout | undefined;
  /** The deadline that it is armed for. */
  #due: number | undefined;

  constructor(policy: Policy, run: (command: Command) => void, observe: (state: State) => void) {
    this.#policy = policy;
    this.#run = run;
    this.#observe = observe;
    this.#knownAt = monotonicMs();
    this.#first = begin(policy, this.#knownAt);
    this.#state = this.#first.state;
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** From now on it is decided by another policy: the config was read again. What follows from it shows with the next happening. */
  adopt(policy: Policy): void {
    this.#policy = policy;
  }

  get state(): State {
    return this.#state;
  }

  /** The first step: everything is forked. */
  start(): void {
    this.#take(() => this.#first);
    this.#drain();
  }

  /** Bound, to be handed to whoever hears something. */
  readonly dispatch = (happening: Happening): void => {
    const at = monotonicMs();
    // Whichever is heard first: what has happened meanwhile, or the timer.
    const lateMs = at - (this.#due ?? at);
    if (lateMs > LATE_MS) this.#queue.push({ kind: 'master-late', ms: lateMs, at });
    if (lateMs > LATE_MS || happening.kind === 'time-passed') this.#due = undefined;
    this.#queue.push({ ...happening, at });
    this.#drain();
  };

  /** Decides nothing more, whatever happens. */
  halt(): void {
    this.#halted = true;
    this.#queue.length = 0;
    clearTimeout(this.#timer);
  }

  #drain(): void {
    if (this.#busy || this.#halted) return;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      const present = event;
      this.#knownAt = present.at;
      this.#take(() => transition(this.#state, present, this.#policy));
    }
    this.#arm();
  }

  #take(decide: () => Step): void {
    this.#busy = true;
    try {
      const { state, commands } = decide();
      this.#state = state;
      this.#observe(state);
      for (const command of commands) this.#run(command);
    } finally {
      this.#busy = false;
    }
  }

  /** An armed timer is left alone, else one event after the other would put it off. */
  #arm(): void {
    if (this.#halted) return;
    // What has become due since is still to be told.
    const deadline = nextDeadline(this.#state, this.#knownAt);
    if (deadline === this.#due) return;
    clearTimeout(this.#timer);
    this.#due = deadline;
    if (deadline === undefined) return;
    // Rounded up: a timer that fires a fraction early would find nothing due and arm itself again and again.
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(deadline - monotonicMs())));
    // libuv runs timers that are late before it asks the kernel what has happened meanwhile; immediates come after that.
    this.#timer = setTimeout(() => setImmediate(() => this.dispatch({ kind: 'time-passed' })), waitMs);
  }
}
