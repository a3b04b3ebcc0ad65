/** eggcup's own listeners, which a script's are told from: graceful-process' for SIGTERM. */
const OWN_LISTENERS = 1;

/**
 * Whether the script itself listens to a signal. Listeners of signal-exit (which many libraries load) are not
 * counted: they wait for somebody else to exit.
 */
export function hasUserListener(signal: 'SIGTERM'): boolean {
  return process.listenerCount(signal) - OWN_LISTENERS - signalExitCount() > 0;
}

/** How many copies of signal-exit listen, by the counter that its copies share to know the same. */
function signalExitCount(): number {
  const version4 = Reflect.get(globalThis, Symbol.for('signal-exit emitter')) as { count?: number } | undefined;
  const version3 = Reflect.get(process, '__signal_exit_emitter__') as { count?: number } | undefined;
  return (version4?.count ?? 0) + (version3?.count ?? 0);
}
