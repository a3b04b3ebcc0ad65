import type { ClaimedSignals } from '../init/claimed-signals.js';
import { DEAD_MAN_SIGNAL, signalName, unnamedSignals } from '../init/signal-names.js';
import type { Native } from '../native/addon.js';
import { monotonicMs } from '../monotonic.js';

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT';

/** What a signal asks of a cluster (design 5). `fatal` is one that ends a process by default and means nothing here. */
export type ClusterSignal =
  | { readonly kind: 'stop'; readonly signal: StopSignal }
  | { readonly kind: 'reload' | 'replace' | 'more' | 'fewer' | 'unavailable' | 'fatal'; readonly signal: string };

const STOP: readonly StopSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];
const KINDS: ReadonlyMap<string, Exclude<ClusterSignal['kind'], 'stop'>> = new Map([
  ['SIGHUP', 'reload'],
  ['SIGUSR2', 'replace'],
  ['SIGTTIN', 'more'],
  ['SIGTTOU', 'fewer'],
  // Kept, so that it never opens the inspector.
  ['SIGUSR1', 'unavailable'],
]);

/** One Ctrl-C is heard twice where the parent passes on what the terminal has sent to all (npm does). */
const SAME_KEY_MS = 50;

/** The signals of a cluster's master; kept until somebody listens. */
export class ClusterSignals {
  /** The first that ends the boot. */
  #ending: ClusterSignal | undefined;
  #listener: ((signal: ClusterSignal) => void) | undefined;
  #interruptedAt = Number.NEGATIVE_INFINITY;
  readonly #early: ClusterSignal[] = [];

  constructor(signals: ClaimedSignals, native: Native | undefined) {
    const more = unnamedSignals().filter((number) => number !== DEAD_MAN_SIGNAL);
    native?.watchSignals(more, (number) => this.#hear(signalName(number)));
    signals.listen((signal) => this.#hear(signal));
  }

  get ending(): ClusterSignal | undefined {
    return this.#ending;
  }

  /** Hands over what has arrived so far, and all that will. */
  listen(listener: (signal: ClusterSignal) => void): void {
    this.#listener = listener;
    for (const signal of this.#early.splice(0)) listener(signal);
  }

  #hear(name: string): void {
    const now = monotonicMs();
    if (name === 'SIGINT' && now - this.#interruptedAt < SAME_KEY_MS) return;
    if (name === 'SIGINT') this.#interruptedAt = now;
    const signal = meaningOf(name);
    if (signal.kind === 'stop' || signal.kind === 'fatal') this.#ending ??= signal;
    if (this.#listener === undefined) this.#early.push(signal);
    else this.#listener(signal);
  }
}

function meaningOf(signal: string): ClusterSignal {
  const stop = STOP.find((name) => name === signal);
  if (stop !== undefined) return { kind: 'stop', signal: stop };
  return { kind: KINDS.get(signal) ?? 'fatal', signal };
}
