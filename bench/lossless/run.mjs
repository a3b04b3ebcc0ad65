/**
 * What is lost when a cluster changes under load: `npm run bench:lossless -- [--quick] [--json FILE] [--strategy a,b]`. autocannon
 * asks at a steady rate; meanwhile workers are rolled, added, taken away and killed, the agent is killed, a worker hangs, the config changes.
 * A plain script under eggcup, with each strategy of listening that it takes here, and under pm2-runtime; an egg
 * application under eggcup and egg-cluster. `--quick` is for CI: a few of each, without pm2-runtime. Exits 0 when everything
 * could be run and no planned change under eggcup has lost a request: that is no matter of speed.
 */
import { parseArgs } from 'node:util';
import { PEERS } from '../cluster/candidates.mjs';
import { describe, keepJson } from '../cluster/machine.mjs';
import { withPackage } from '../cluster/npm.mjs';
import { calibrate } from './calibrate.mjs';
import { STRATEGIES, eggs, refusal, scripts } from './candidates.mjs';
import { GENERATOR } from './load.mjs';
import { measure } from './measure.mjs';
import { promisesOf, tableOf } from './report.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'string' }, strategy: { type: 'string' } },
});

/** A strategy that this machine or Node does not have may be found out only at the start. */
const EXIT_CONFIG = 78;

const machine = describe(1, { ...PEERS, load: GENERATOR });
const refusals = (options.strategy?.split(',') ?? STRATEGIES).map((strategy) => [strategy, refusal(strategy)]);
const strategies = refusals.flatMap(([strategy, reason]) => (reason === undefined ? [strategy] : []));
const refused = refusals.flatMap(([strategy, reason]) =>
  reason === undefined ? [] : [`eggcup ${strategy}: ${reason}`],
);
if (strategies.length === 0) throw new Error(`nothing is left to measure; refused: ${refused.join(', ')}`);
const faults = [];

const tables = await withPackage(GENERATOR, async (generator) => {
  if (generator === undefined) throw new Error('nothing can be measured without a load');
  await calibrate(generator);
  const egg = await show('An egg application, two workers', eggs(options.quick, strategies), generator);
  const measureScripts = (pm2) =>
    show('A plain script with an agent', scripts(options.quick, strategies, pm2), generator);
  const script = options.quick ? await measureScripts() : await withPackage('pm2@7', measureScripts);
  return [egg, script];
});
for (const refusal of new Set(refused)) console.log(`refused: ${refusal}`);
const promises = promisesOf(tables.flatMap(({ results }) => results));
for (const { name, told, requests, changes } of Object.values(promises))
  console.log(`eggcup: ${name}: ${told} (${changes} changes, ${requests} requests)`);
for (const fault of faults) console.log(fault);
keepJson(options.json, { ...machine, refused, tables, promises, faults });
process.exitCode = faults.length > 0 || promises.planned.isBroken ? 1 : 0;

async function show(title, candidates, generator) {
  console.error(title);
  const results = [];
  for (const candidate of candidates) {
    console.error(candidate.name);
    try {
      const { acts, fault } = await measure(candidate, generator);
      results.push({ candidate: candidate.name, isOurs: candidate.isOurs, acts });
      if (fault !== undefined) faults.push(`${candidate.name} has not come through: ${fault}`);
    } catch (error) {
      if (error.exitCode === EXIT_CONFIG) refused.push(`${candidate.name}: ${error.message}`);
      else faults.push(`${candidate.name} could not be measured: ${error.message}`);
    }
  }
  if (!results.some(({ isOurs }) => isOurs)) faults.push(`${title}: nothing was measured under eggcup`);
  if (results.length > 0) console.log(`\n${title}\n\n${tableOf(results)}\n`);
  return { title, results };
}
