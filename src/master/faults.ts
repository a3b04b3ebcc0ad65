/** Errors of the master that nobody caught, told to whoever is in charge. Claimed once, before anything can fail. */
export interface Faults {
  listen(listener: (error: Error) => void): void;
}

export function claimFaults(first: (error: Error) => void): Faults {
  let listener = first;
  process.on('uncaughtException', (error: unknown) => {
    listener(error instanceof Error ? error : new Error(String(error)));
  });
  return {
    listen(next) {
      listener = next;
    },
  };
}
