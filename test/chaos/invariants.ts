import type { Observation } from './observation.js';
import type { Setup } from './schedule.js';
import { CHANGE_PROMISES } from './promises-changes.js';
import { END_PROMISES } from './promises-end.js';
import { ENDPOINT_PROMISES } from './promises-endpoints.js';
import { FILE_PROMISES } from './promises-files.js';
import { PROCESS_PROMISES } from './promises-processes.js';

/** Says what is wrong, or nothing. */
export type Promised = (seen: Observation, setup: Setup) => string | undefined;

/** What must hold in every run (design 3 to 6), each by its name. */
export const PROMISES: Readonly<Record<string, Promised>> = {
  ...FILE_PROMISES,
  ...PROCESS_PROMISES,
  ...END_PROMISES,
  ...ENDPOINT_PROMISES,
  ...CHANGE_PROMISES,
};

/** The promises that were broken, each with what was seen. */
export function brokenPromises(seen: Observation, setup: Setup): readonly string[] {
  return Object.entries(PROMISES).flatMap(([name, check]) => {
    const wrong = check(seen, setup);
    return wrong === undefined ? [] : [`${name}: ${wrong}`];
  });
}
