/** One cluster under load, from its start to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { whileRunning } from '../cluster/running.mjs';
import { underLoad } from './load.mjs';
import { workersOf } from './workers.mjs';

/** Between two acts, half more or less, so that the clients have come to those who are new. */
const APART_MS = 200;

/**
 * For each act one sample for each time; with the first that does not end well, which is the fault, all end.
 * @param {string} generator where autocannon was installed
 */
export function measure(candidate, generator) {
  return whileRunning(candidate, async (running) => {
    const context = { running: { ...running, ...candidate.tools(running) }, workers: workersOf(running) };
    await running.untilTold('app', candidate.workers);
    return underLoad(generator, running.port, async ({ settle }) => {
      const acts = [];
      await sleep(APART_MS);
      for (const act of candidate.acts) {
        const samples = [];
        acts.push({ ...namesOf(act), samples });
        try {
          await repeat(act, context, settle, samples);
        } catch (error) {
          return { acts, fault: `${act.name}, time ${samples.length + 1}: ${error.message}` };
        }
      }
      const { sent, answered, failed } = await settle({ isLast: true });
      const unknown = sent - answered - sumOf(failed);
      if (unknown !== 0) throw new Error(`the load generator does not know what became of ${unknown} requests`);
      return { acts };
    });
  });
}

async function repeat({ name, times, apartMs = APART_MS, perform }, context, settle, samples) {
  let before = await settle();
  for (let index = 0; index < times; index += 1) {
    await sleep(apartMs * (0.5 + Math.random()));
    const { ms, held } = await perform(context);
    const after = await settle();
    const failed = Object.entries(after.failed).map(([cause, count]) => [cause, count - (before.failed[cause] ?? 0)]);
    const causes = Object.fromEntries(failed.filter(([, count]) => count > 0));
    samples.push({ ms, held, sent: after.sent - before.sent, failed: sumOf(causes), causes });
    before = after;
  }
  console.error(`  ${name}: ${samples.reduce((sum, { failed }) => sum + failed, 0)} failed in ${times}`);
}

function namesOf({ name, isPlanned }) {
  return { name, isPlanned };
}

function sumOf(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
