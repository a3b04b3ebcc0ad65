import type { Native } from '../native/addon.js';
import { numberOf } from './signal-names.js';

/**
 * Everything that ends a process by default and that Node can listen to without harm, and the two of job control that
 * design 5 uses. SIGUSR1 among them, so that it never opens the inspector; not SIGPROF, which is V8's profiler's.
 */
const CLAIMED: readonly NodeJS.Signals[] = [
  ...(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'] as const),
  ...(['SIGALRM', 'SIGVTALRM', 'SIGXCPU', 'SIGXFSZ', 'SIGIO', 'SIGPWR', 'SIGSTKFLT'] as const),
  ...(['SIGABRT', 'SIGTRAP', 'SIGSYS'] as const),
];
/** Other names of SIGABRT and SIGIO, each with listeners of its own: signal-exit must not find itself alone there. */
const ALIASES: readonly NodeJS.Signals[] = ['SIGIOT', 'SIGPOLL'];
export const CLAIMED_NUMBERS: readonly number[] = CLAIMED.map(numberOf);

/** Node has handlers for these from its start, which one early signal uses up; as PID 1 that has no other effect. */
const HANDLED_BY_NODE: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * The signals of this process, taken before anything else is loaded: as PID 1 a signal without a listener is lost,
 * elsewhere its default action would leave the children behind. The listeners stay until the exit, so that nobody
 * (signal-exit) takes PID 1 for one that a signal can end. What arrives early is kept until somebody asks.
 */
export class ClaimedSignals {
  readonly #early: NodeJS.Signals[] = [];
  #listener: ((signal: NodeJS.Signals) => void) | undefined;

  constructor(native: Native | undefined) {
    const unhandled = native?.holdSignals(CLAIMED_NUMBERS) ?? [];
    for (const signal of CLAIMED) if (numberOf(signal) !== 0) process.on(signal, () => this.#hear(signal));
    for (const alias of ALIASES) if (numberOf(alias) !== 0) process.on(alias, () => undefined);
    const held = native?.releaseSignals() ?? [];
    const used = HANDLED_BY_NODE.filter((signal) => unhandled.includes(numberOf(signal)));
    const caught = CLAIMED.filter((signal) => held.includes(numberOf(signal)));
    for (const signal of [...used, ...caught]) this.#hear(signal);
  }

  /** Hands over what has arrived so far, and all that will. */
  listen(listener: (signal: NodeJS.Signals) => void): void {
    this.#listener = listener;
    for (const signal of this.#early.splice(0)) listener(signal);
  }

  #hear(signal: NodeJS.Signals): void {
    if (this.#listener === undefined) this.#early.push(signal);
    else this.#listener(signal);
  }
}
