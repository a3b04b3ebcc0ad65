/** Who is put under load, and what is done to each. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../cluster/at-exit.mjs';
import * as peers from '../cluster/candidates.mjs';
import { eggClusterActs, eggcupActs, hang, killAgent, killWorker, nothing, pm2Acts, pm2Command } from './acts.mjs';

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));
const [eggApp, script, agent] = ['fixtures/egg-app', 'fixtures/server.cjs', 'fixtures/agent.cjs'].map(fileOf);

export const STRATEGIES = ['roundRobin', 'shared', 'reusePort'];

/** All that is done to eggcup; how often is a list in the same order. */
const OWN = [nothing, eggcupActs.roll, eggcupActs.configReload, eggcupActs.resize, hang, killWorker, killAgent];

/** The same plain script, with an agent where there can be one. */
export function scripts(isQuick, strategies, pm2Folder) {
  const workers = isQuick ? 2 : 4;
  const own = often(isQuick ? [1, 1, 1, 2, 1, 2, 1] : [10, 50, 1, 20, 3, 50, 10], OWN);
  const app = { baseDir: fileOf('fixtures'), script };
  const list = strategies.map((it) => eggcup(it, workers, { app, agent: { script: agent } }, own));
  if (pm2Folder === undefined) return list;
  const theirs = often([10, 20, 20, 20], [nothing, pm2Acts.roll, pm2Acts.resize, killWorker]);
  return [
    ...list,
    pm2('pm2-runtime', pm2Folder, workers, theirs, {}),
    pm2('pm2-runtime, app closes on SIGINT', pm2Folder, workers, theirs, { BENCH_CLOSES: 'yes' }),
  ];
}

/** The same egg application; two workers, because each takes a core while it starts. */
export function eggs(isQuick, strategies) {
  const own = often(isQuick ? [0, 1, 0, 0, 0, 1, 1] : [10, 10, 1, 10, 3, 20, 10], OWN);
  // egg-cluster ends itself when three looks, 10 s apart, have met no agent, and its next one takes seconds. A roll adds two
  // workers each time: few, and last.
  const killAgentSeldom = { ...killAgent, apartMs: 10_000 };
  const theirs = often(isQuick ? [0, 1, 1, 1] : [10, 20, 10, 3], [
    nothing,
    killWorker,
    isQuick ? killAgent : killAgentSeldom,
    eggClusterActs.roll,
  ]);
  const app = { baseDir: eggApp, framework: peers.eggFramework };
  const eggCluster = peers.withVariables(peers.eggClusterWithEgg, 'egg-cluster', { BENCH_APP: eggApp });
  return [
    ...strategies.map((it) => eggcup(it, 2, { app }, own)),
    { ...eggCluster, workers: 2, acts: theirs, tools: () => ({}) },
  ];
}

/** Why eggcup does not take this strategy here; `undefined` if it does. */
export function refusal(strategy) {
  const { folder, remove } = temporaryFolder('check-');
  const file = join(folder, 'cluster.yaml');
  const app = { baseDir: fileOf('fixtures'), script, port: 7001 };
  writeFileSync(file, JSON.stringify({ app, listen: { strategy } }));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileOf('../../dist/cli.js'), 'check', '--format', 'json', '--config', file],
    { encoding: 'utf8' },
  );
  remove();
  if (status === 0) return undefined;
  if (status !== 78) throw new Error(`eggcup check has ended with ${status}: ${stderr}`);
  return JSON.parse(stdout)
    .errors.map(({ message }) => message)
    .join('; ');
}

function often(times, acts) {
  return acts.map((act, index) => ({ ...act, times: times[index] })).filter((act) => act.times > 0);
}

function eggcup(strategy, workers, { app, agent }, acts) {
  const fileIn = (folder) => join(folder, 'cluster.yaml');
  const write = ({ folder, port }, generation) => {
    const document = {
      app: { ...app, port, env: { BENCH_GENERATION: String(generation) } },
      ...(agent !== undefined && { agent }),
      workers: { count: workers },
      listen: { strategy },
      health: { dir: join(folder, 'health'), workerTimeout: '1s' },
      // As many crashes in a minute as nobody has outside of a benchmark.
      restart: { limit: 1000 },
      terminationLog: join(folder, 'termination-log'),
    };
    writeFileSync(fileIn(folder), JSON.stringify(document));
  };
  return {
    name: `eggcup ${strategy}`,
    isOurs: true,
    workers,
    acts,
    env: () => ({ NODE_ENV: 'production', EGG_SERVER_ENV: 'prod' }),
    command: (place) => {
      write(place, 0);
      return [process.execPath, peers.entry, '--config', fileIn(place.folder)];
    },
    tools: (running) => {
      let generation = 0;
      return { changeConfig: () => write(running, (generation += 1)) };
    },
  };
}

function pm2(name, folder, workers, acts, variables) {
  const program = (which) => join(folder, 'node_modules/pm2/bin', which);
  return {
    name,
    workers,
    acts,
    env: ({ folder: home }) => ({ NODE_ENV: 'production', PM2_HOME: join(home, 'pm2'), ...variables }),
    command: () => {
      const args = ['start', script, '-i', String(workers), '--name', 'bench'];
      return [process.execPath, program('pm2-runtime'), ...args];
    },
    tools: (running) => ({ pm2: pm2Command(program('pm2'), running) }),
  };
}
