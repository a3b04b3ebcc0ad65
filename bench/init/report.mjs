import { BARE_NODE, EGGCUP } from './candidates.mjs';
import { RESIDENT, START } from './measures.mjs';

/** More than bare Node takes in the same run. */
const TARGETS = [
  { measure: START, unit: 'ms', perUnit: 1, atMost: 15 },
  { measure: RESIDENT, unit: 'MB', perUnit: 1024, atMost: 5 },
];

/** A table for each measure: minimum, median, and the median's ratio to bare Node's. */
export function table(results) {
  return results
    .map(({ name, unit, figures }) => {
      const bare = figures[BARE_NODE]?.median;
      const rows = Object.entries(figures).map(([candidate, { min, median }]) => {
        const ratio = bare === undefined ? '' : `× ${(median / bare).toFixed(2)}`;
        return `  ${candidate.padEnd(18)}${digits(min).padStart(10)}${digits(median).padStart(10)}${ratio.padStart(10)}`;
      });
      const head = `${`${name}, ${unit}`.padEnd(34)}min   median   to bare`;
      return [head, ...rows, ''].join('\n');
    })
    .join('\n');
}

/** How far eggcup is from its targets. */
export function targets(results) {
  const figures = TARGETS.map(({ measure, unit, perUnit, atMost }) => {
    const { figures: found } = results.find(({ name }) => name === measure);
    const more = (found[EGGCUP].median - found[BARE_NODE].median) / perUnit;
    return { measure, unit, more: Number(more.toFixed(2)), atMost };
  });
  const lines = figures.map(
    ({ measure, unit, more, atMost }) =>
      `${measure}: eggcup takes ${more} ${unit} more than bare node (the target is at most ${atMost})`,
  );
  return { figures, lines };
}

function digits(value) {
  return value >= 1000 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);
}
