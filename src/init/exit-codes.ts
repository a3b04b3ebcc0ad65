/** What each exit code of a cluster means (design 4), for people; the README has the same table. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [0, 'a stop was asked for and done in time'],
  [1, 'the Manager check failed `health.failures` times in a row'],
  [10, 'the agent failed while starting'],
  [11, 'an app worker failed while starting'],
  [12, 'not everything was ready within `startup.timeout`'],
  [13, '`restart.limit` crashes within `restart.duration`'],
  [14, 'the port is taken'],
  [15, 'a stop was asked for and something had to be killed at the end of its time'],
  [70, 'a fault of eggcup itself'],
  [78, 'configuration or command line'],
]);

/** In words; `undefined` for a code that is a command's own or a signal's. */
export function meaningOf(code: number): string | undefined {
  return MEANINGS.get(code)?.replaceAll('`', '');
}
