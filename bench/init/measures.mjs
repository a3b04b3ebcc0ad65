/** What is measured. Each `measure` gives, for one start of a candidate, a number for each of its figures; or `undefined`. */
import { claimed } from './claimed.mjs';
import { forwarding } from './forwarding.mjs';
import { memory } from './memory.mjs';
import { reaping } from './reaping.mjs';
import { start } from './start.mjs';

export const START = 'start and exit of `true`';
export const RESIDENT = 'memory, resident';

export const MEASURES = [
  { measure: start, unit: 'ms', figures: [START] },
  { measure: claimed, unit: 'ms', figures: ['start to signals claimed'] },
  { measure: forwarding, unit: 'µs', figures: ['signal forwarded'] },
  { measure: reaping, unit: 'ms', figures: ["orphan's death to reaped"] },
  { measure: memory, unit: 'KB', figures: [RESIDENT, 'memory, proportional', 'memory, private'] },
];
