/**
 * The master's signals, taken before anything else is loaded: as PID 1 a signal without a listener is lost, elsewhere
 * its default action would kill the master and leave its children. What arrives early is kept until somebody asks.
 */

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];
/** Claimed for what design 5 gives them; SIGUSR1 so that it never opens the inspector. */
const UNAVAILABLE: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'];

/** One Ctrl-C is heard twice where the parent passes on what the terminal has sent to all (npm does). */
const SAME_KEY_MS = 50;

export interface SignalListener {
  stop(signal: StopSignal): void;
  unavailable(signal: NodeJS.Signals): void;
}

export interface Signals {
  /** Whether a stop has been asked for since the first millisecond. */
  readonly stopAsked: StopSignal | undefined;
  /** Hands over what has arrived so far, and all that will. */
  listen(listener: SignalListener): void;
}

/** To be called once, first of all. */
export function claimSignals(): Signals {
  let listener: SignalListener | undefined;
  let stopAsked: StopSignal | undefined;
  let interruptedAt = Number.NEGATIVE_INFINITY;
  const early: ((to: SignalListener) => void)[] = [];
  const hear = (tell: (to: SignalListener) => void): void => {
    if (listener === undefined) early.push(tell);
    else tell(listener);
  };
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      if (signal === 'SIGINT' && now - interruptedAt < SAME_KEY_MS) return;
      if (signal === 'SIGINT') interruptedAt = now;
      stopAsked ??= signal;
      hear((to) => to.stop(signal));
    });
  }
  for (const signal of UNAVAILABLE) process.on(signal, () => hear((to) => to.unavailable(signal)));
  return {
    get stopAsked() {
      return stopAsked;
    },
    listen(to) {
      listener = to;
      for (const tell of early.splice(0)) tell(to);
    },
  };
}
