/** When this process began: each of eggcup's programs has a copy of this module, and they are to say the same. */
const BEGIN_MS = sinceBoot() - process.uptime() * 1000;
const BEGAN_AT = Date.now() - monotonicMs();

/** Milliseconds since this process began, by a clock that never goes back. (`performance.now()` is as good, and loads node:perf_hooks before the first fork.) */
export function monotonicMs(): number {
  return sinceBoot() - BEGIN_MS;
}

/** From this clock to the calendar: an ISO 8601 time, which a change of the system's clock since the start does not move. */
export function isoTime(ms: number): string {
  return new Date(BEGAN_AT + ms).toISOString();
}

function sinceBoot(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
