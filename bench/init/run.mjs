/**
 * What an init costs: `npm run bench:init -- [--quick] [--json FILE]`. Eggcup in command mode beside tini, dumb-init, catatonit
 * (those that are installed), a bare Node that does the least, and the command alone; in turns, so that what else the
 * machine does meets all alike. With the node binary that runs it, so it can be repeated on each version. Exits 0 when
 * everything could be measured; who wins is for people to read.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { parseArgs } from 'node:util';
import { candidates, missing } from './candidates.mjs';
import { MEASURES } from './measures.mjs';
import { start } from './start.mjs';
import { medianOf } from '../median.mjs';
import { table, targets } from './report.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
const rounds = options.quick ? 3 : 15;
// Without a PID namespace (not root, or a container that may not) those are asked that can be a subreaper.
const asPid1 = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

// A first round warms the machine's caches.
for (const candidate of options.quick ? [] : candidates) start(candidate);
const samples = new Map(MEASURES.flatMap(({ figures }) => figures).map((figure) => [figure, new Map()]));
for (let round = 0; round < rounds; round += 1) {
  for (const { measure, figures } of MEASURES) {
    for (const candidate of candidates) {
      const found = (await measure(candidate, { asPid1 })) ?? [];
      for (const [index, value] of found.entries()) keep(samples.get(figures[index]), candidate.name, value);
    }
  }
}

const results = MEASURES.flatMap(({ unit, figures }) => {
  return figures.map((name) => ({ name, unit, figures: summaries(samples.get(name)) }));
});
const machine = { node: process.version, arch: process.arch, kernel: release(), cpus: availableParallelism(), rounds };
const orphansOf = asPid1 ? 'PID 1 in a PID namespace' : 'a subreaper (-s): no PID namespace can be made here';

console.log(Object.entries(machine).flat().join(' '));
if (missing.length > 0) console.log(`not installed: ${missing.join(', ')}`);
console.log(`orphans are adopted by ${orphansOf}\n`);
console.log(table(results));
console.log(targets(results).lines.join('\n'));
if (options.json !== undefined) {
  const document = { ...machine, orphansOf, missing, results, againstBareNode: targets(results).figures };
  writeFileSync(options.json, `${JSON.stringify(document, undefined, 2)}\n`);
}

function keep(byCandidate, name, value) {
  byCandidate.set(name, [...(byCandidate.get(name) ?? []), value]);
}

function summaries(byCandidate) {
  const all = [...byCandidate].map(([name, values]) => [name, { min: Math.min(...values), median: medianOf(values) }]);
  return Object.fromEntries(all);
}
