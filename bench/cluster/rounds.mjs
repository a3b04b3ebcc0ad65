import { medianOf } from '../median.mjs';
import { whileRunning } from './running.mjs';

/**
 * Starts the candidates in turns, each round in the other direction, so that what else the machine does meets all alike.
 * `measure` gives an object of figures; the result has, by candidate, one for each round.
 */
export async function takeTurns(candidates, rounds, measure) {
  const samples = Object.fromEntries(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed())
      samples[candidate.name].push(await whileRunning(candidate, measure));
  }
  return samples;
}

/**
 * One row for each figure: the medians, and the median over all rounds of the ratio (or of the difference) between the two who
 * took turns. A figure has `name`, `unit`, and `atMost` or `atLeast`, the target; `isDifference` if that is no ratio.
 */
export function compare(samples, ours, theirs, figures) {
  return figures.map(({ name, unit, isDifference = false, atMost, atLeast }) => {
    const [own, others] = [ours, theirs].map((candidate) => samples[candidate].map((sample) => sample[name]));
    const distances = own.map((value, index) => (isDifference ? value - others[index] : value / others[index]));
    const distance = medianOf(distances);
    const isReached = atMost === undefined ? distance >= (atLeast ?? -Infinity) : distance <= atMost;
    const medians = { [ours]: medianOf(own), [theirs]: medianOf(others) };
    return { name, unit, medians, distance, distances, isDifference, atMost, atLeast, isReached };
  });
}

/** The rows as a table of Markdown. */
export function tableOf(rows) {
  const candidates = Object.keys(rows[0].medians);
  const head = ['', ...candidates, 'eggcup to it', 'least – most', 'target', ''];
  const lines = rows.map((row) => {
    const { name, unit, medians, distance, distances, isDifference, atMost, atLeast, isReached } = row;
    const show = (value) =>
      isDifference ? `${value < 0 ? '−' : '+'}${digits(Math.abs(value))} ${unit}` : `× ${value.toFixed(2)}`;
    const target =
      atMost === undefined && atLeast === undefined
        ? ''
        : `${atMost === undefined ? '≥' : '≤'} ${show(atMost ?? atLeast)}`;
    const range = `${show(Math.min(...distances))} – ${show(Math.max(...distances))}`;
    const verdict = target === '' ? '' : isReached ? 'reached' : 'not reached';
    return [`${name}, ${unit}`, ...candidates.map((it) => digits(medians[it])), show(distance), range, target, verdict];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
