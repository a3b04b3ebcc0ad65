const BEGIN = process.hrtime();
const BEGAN_AT = Date.now();

/** Milliseconds since this process loaded this, by a clock that never goes back. (`performance.now()` is as good, and loads node:perf_hooks before the first fork.) */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime(BEGIN);
  return seconds * 1000 + nanoseconds / 1e6;
}

/** From this clock to the calendar: an ISO 8601 time, which a change of the system's clock since the start does not move. */
export function isoTime(ms: number): string {
  return new Date(BEGAN_AT + ms).toISOString();
}
