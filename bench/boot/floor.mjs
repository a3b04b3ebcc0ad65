/** What no master can save, each in one process alone: the start of Node, one load of the framework, an agent, an application. */
import { takeTurns } from '../cluster/rounds.mjs';
import { medianOf } from '../median.mjs';

/** Medians in ms, by candidate and step. */
export async function measureFloors(rounds, eggs, server) {
  const steps = {
    ...(await takeTurns(eggs, rounds, stepsOfEgg)),
    ...(await takeTurns([server], rounds, stepOfServer)),
  };
  return Object.fromEntries(Object.entries(steps).map(([name, samples]) => [name, mediansOf(samples)]));
}

async function stepsOfEgg({ begin, untilTold }) {
  await untilTold('application');
  const [node, framework, agent, application] = await Promise.all(
    ['node', 'framework', 'agent', 'application'].map(async (fact) => (await untilTold(fact))[0].at),
  );
  return {
    'Node starts': node - begin,
    'the framework is loaded': framework - node,
    'an agent gets ready': agent - framework,
    'an application gets ready': application - agent,
  };
}

async function stepOfServer({ begin, untilTold }) {
  return { 'Node starts, a server listens': (await untilTold('app'))[0].at - begin };
}

function mediansOf(samples) {
  const names = Object.keys(samples[0]);
  return Object.fromEntries(names.map((name) => [name, medianOf(samples.map((sample) => sample[name]))]));
}
