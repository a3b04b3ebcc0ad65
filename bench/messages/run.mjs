/**
 * How many messages a master passes on: `npm run bench:messages -- [--quick] [--json FILE]`. In an egg application two app workers
 * ask the agent, which answers each by its pid: with many questions in flight for what can be passed on in a second, with
 * fewer for what is while nobody is busy all the time, with one for how long a question and its answer take. Under eggcup and egg-cluster, in turns, judged by the median of the
 * ratios. Exits 0 when everything could be measured.
 */
import { parseArgs } from 'node:util';
import { PEERS, eggClusterWithEgg, eggcupWithEgg, withVariables } from '../cluster/candidates.mjs';
import { describe, keepJson } from '../cluster/machine.mjs';
import { cpuMsOf } from '../cluster/processes.mjs';
import { compare, tableOf, takeTurns } from '../cluster/rounds.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
const rounds = options.quick ? 1 : 7;
const milliseconds = options.quick ? 500 : 2000;
/** In flight of each of the two workers. */
const [MANY, FEWER] = [1000, 200];

const figures = (inFlight) => [
  {
    name: `messages passed on, ${inFlight} questions in flight`,
    unit: 'a second',
    ...(inFlight === MANY && { atLeast: 2 }),
  },
  { name: `CPU time of the master for a message, ${inFlight} questions in flight`, unit: 'µs' },
];
const ONE_BY_ONE = [{ name: 'one question and its answer', unit: 'µs' }];

const machine = describe(rounds, PEERS);
const rows = [];
for (const inFlight of [MANY, FEWER]) {
  const measured = await talk(inFlight, (running) => measureMany(running, figures(inFlight)));
  rows.push(...compare(measured, 'eggcup', 'egg-cluster', figures(inFlight)));
}
const one = await talk(1, measureOne);
const rowsOfOne = compare(one, 'eggcup', 'egg-cluster', ONE_BY_ONE);
console.log(`\n${tableOf([...rows, ...rowsOfOne])}\n`);
keepJson(options.json, { ...machine, rows: [...rows, ...rowsOfOne] });

function talk(inFlight, measure) {
  const variables = { BENCH_TALK: JSON.stringify({ inFlight, milliseconds }) };
  const list = [eggcupWithEgg, eggClusterWithEgg].map((it) => withVariables(it, it.name, variables));
  return takeTurns(list, rounds, measure);
}

/** A question and its answer are two messages. */
async function measureMany({ pid, eggReady, untilTold }, [rate, cost]) {
  await eggReady();
  const before = cpuMsOf([pid]);
  const told = await untilTold('talked', 2);
  const used = cpuMsOf([pid]) - before;
  const messages = 2 * told.reduce((sum, { answers }) => sum + answers, 0);
  const seconds = Math.max(...told.map((it) => it.milliseconds)) / 1000;
  return { [rate.name]: messages / seconds, [cost.name]: (used * 1000) / messages };
}

async function measureOne({ untilTold }) {
  const told = await untilTold('talked', 2);
  const each = told.map((it) => (it.milliseconds * 1000) / it.answers);
  return { [ONE_BY_ONE[0].name]: (each[0] + each[1]) / 2 };
}
