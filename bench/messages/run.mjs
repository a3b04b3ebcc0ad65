/**
 * How many messages a master passes on: `npm run bench:messages -- [--quick] [--json FILE]`. In an egg application two app workers
 * ask the agent, which answers each by its pid: with many questions in flight for what can be passed on in a second, with
 * one for how long a question and its answer take. Under eggcup and egg-cluster, in turns, judged by the median of the
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
/** By each of the two workers: far from where eggcup drops what a process does not take. */
const MANY = 200;

const FIGURES = [
  { name: 'messages passed on', unit: 'a second', atLeast: 2 },
  { name: 'CPU time of the master for a message', unit: 'µs' },
];
const ONE_BY_ONE = [{ name: 'one question and its answer', unit: 'µs' }];

const machine = describe(rounds, PEERS);
const many = await talk(MANY, measureMany);
const rows = compare(many, 'eggcup', 'egg-cluster', FIGURES);
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
async function measureMany({ pid, eggReady, untilTold }) {
  await eggReady();
  const before = cpuMsOf([pid]);
  const told = await untilTold('talked', 2);
  const used = cpuMsOf([pid]) - before;
  const messages = 2 * told.reduce((sum, { answers }) => sum + answers, 0);
  const seconds = Math.max(...told.map((it) => it.milliseconds)) / 1000;
  return { [FIGURES[0].name]: messages / seconds, [FIGURES[1].name]: (used * 1000) / messages };
}

async function measureOne({ untilTold }) {
  const told = await untilTold('talked', 2);
  const each = told.map((it) => (it.milliseconds * 1000) / it.answers);
  return { [ONE_BY_ONE[0].name]: (each[0] + each[1]) / 2 };
}
