/**
 * What a cluster costs to start, to hold and to mend: `npm run bench:boot -- [--quick] [--json FILE]`. An egg application under
 * eggcup, with a process on standby and modules that were compiled, and without, and under egg-cluster, and a plain server under eggcup, bare node:cluster and pm2-runtime, which npm fetches
 * for it; in turns, and judged by the median of the ratios. `--quick` is for CI: fewer rounds, without pm2-runtime. Exits 0
 * when everything could be measured; who wins is for people to read.
 */
import module from 'node:module';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../cluster/at-exit.mjs';
import * as candidates from '../cluster/candidates.mjs';
import { describe, keepJson } from '../cluster/machine.mjs';
import { withPackage } from '../cluster/npm.mjs';
import { compare, tableOf, takeTurns } from '../cluster/rounds.mjs';
import { FIGURES, measureEgg } from './egg.mjs';
import { measureFloors } from './floor.mjs';
import { TO_BARE, TO_PM2, measureScript } from './script.mjs';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'string' } } });
const rounds = options.quick ? 1 : 7;
const {
  compiledEgg,
  eggcupWithEgg,
  eggClusterWithEgg,
  eggcupWithScript,
  bareCluster,
  floorOfEgg,
  floorOfScript,
  withVariables,
} = candidates;

candidates.compileEggcup();
const machine = describe(rounds, candidates.PEERS);
const { folder: cache, remove } = temporaryFolder('cache-');
const { folder: app, remove: removeApp } = temporaryFolder('app-');
try {
  const hasCache = module.enableCompileCache !== undefined && !options.quick;
  const cached = (candidate) => withVariables(candidate, `${candidate.name}, cache`, { NODE_COMPILE_CACHE: cache });
  const withCache = (list) => (hasCache ? [...list, ...list.map((it) => cached(it))] : list);

  // As an image is built, with a process on standby; and as it is without one, or both.
  const plain = { ...eggcupWithEgg, name: 'not compiled' };
  const list = [...(await compiledEgg(app)), plain, ...withCache([eggClusterWithEgg])];
  // A first round warms the machine's caches, and fills V8's.
  if (!options.quick) await takeTurns(list, 1, measureEgg);
  const eggs = await takeTurns(list, rounds, measureEgg);
  const egg = show('An egg application, two workers', compare(eggs, 'eggcup', 'egg-cluster', FIGURES));
  const others = [
    show('Without a process on standby', compare(eggs, 'without standby', 'egg-cluster', FIGURES)),
    show('Without eggcup compile --app too', compare(eggs, 'not compiled', 'egg-cluster', FIGURES)),
    ...(hasCache
      ? [show('Beside egg-cluster with V8’s compile cache', compare(eggs, 'eggcup', 'egg-cluster, cache', FIGURES))]
      : []),
  ];

  const scripts = await measureScripts();
  const floors = await measureFloors(rounds, withCache([floorOfEgg]), floorOfScript);
  for (const [name, steps] of Object.entries(floors)) {
    const parts = Object.entries(steps).map(([step, ms]) => `${step} ${ms.toFixed(0)} ms`);
    console.log(`${name}: ${parts.join(', ')}`);
  }
  keepJson(options.json, { ...machine, egg, others, scripts, floors });
} finally {
  remove();
  removeApp();
}

function measureScripts() {
  const plain = [eggcupWithScript, bareCluster];
  if (options.quick) return measurePlain(plain);
  return withPackage('pm2@7', (folder) =>
    measurePlain(folder === undefined ? plain : [...plain, candidates.pm2(folder)]),
  );
}

async function measurePlain(list) {
  const samples = await takeTurns(list, rounds, measureScript);
  const toBare = show('A plain server, two workers', compare(samples, 'eggcup', 'bare cluster', TO_BARE));
  const hasPm2 = samples['pm2-runtime'] !== undefined;
  const toPm2 = hasPm2 ? [show('The same', compare(samples, 'eggcup', 'pm2-runtime', TO_PM2))] : [];
  return [toBare, ...toPm2];
}

function show(title, rows) {
  console.log(`\n${title}\n\n${tableOf(rows)}\n`);
  return { title, rows };
}
