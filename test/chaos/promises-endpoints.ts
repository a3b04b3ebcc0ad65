import type { StatusFile } from '../helpers/cluster.js';
import type { Promised } from './invariants.js';
import type { Probe } from './observation.js';
import { isScarce } from './promises-files.js';
import { isAtWork, lasting, moments, patience } from './timeline.js';

/** What the health endpoints say, where there are some. */
export const ENDPOINT_PROMISES: Readonly<Record<string, Promised>> = {
  'the health endpoints answer, from the first time on': (seen) => {
    const first = seen.probes.findIndex(({ answer }) => answer !== undefined);
    const probes = first < 0 ? [] : seen.probes.slice(first);
    const found = lasting(moments(seen), patience(seen), (moment) => {
      const last = probes.findLast(({ at }) => at <= moment.at);
      return last !== undefined && last.answer === undefined && isAtWork(moment) && !isScarce(seen, moment);
    });
    return found === undefined ? undefined : `they did not ${found}`;
  },

  'what the health endpoints answer is a status': ({ probes }) => {
    const wrong = probes.find(({ answer }) => answer !== undefined && !isStatus(answer));
    return wrong === undefined ? undefined : `at ${Math.round(wrong.at)} ms it was ${JSON.stringify(wrong.answer)}`;
  },
};

function isStatus({ code, body }: NonNullable<Probe['answer']>): boolean {
  if (code === 503) return body === 'eggcup is booting';
  if (code !== 200) return false;
  try {
    const { phase, children } = JSON.parse(body) as Partial<StatusFile>;
    return ['starting', 'running', 'reloading', 'stopping'].includes(String(phase)) && Array.isArray(children);
  } catch {
    return false; // Said by its text.
  }
}
