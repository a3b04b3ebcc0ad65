/** Who is compared: how each starts the same egg application, or the same script, with two workers. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './running.mjs';

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));
const require = createRequire(import.meta.url);

export const entry = fileOf('../../dist/entry.js');
if (!existsSync(entry)) throw new Error('there is no dist/entry.js: npm run build');
export const eggFramework = dirname(require.resolve('egg3/package.json'));
const eggCluster = createRequire(join(eggFramework, 'package.json')).resolve('egg-cluster/package.json');
const versionOf = (file) => JSON.parse(readFileSync(file, 'utf8')).version;

export const PEERS = { egg: versionOf(join(eggFramework, 'package.json')), 'egg-cluster': versionOf(eggCluster) };

const eggApp = fileOf('fixtures/egg-app');
const production = () => ({
  NODE_ENV: 'production',
  EGG_SERVER_ENV: 'prod',
  BENCH_FRAMEWORK: eggFramework,
  BENCH_APP: eggApp,
});

/** As in an image, for the Node that measures. */
export function compileEggcup() {
  execFileSync(process.execPath, [fileOf('../../dist/cli.js'), 'compile'], { stdio: 'pipe' });
}

export const eggcupWithEgg = eggcup('eggcup', { app: { baseDir: eggApp, framework: eggFramework } });

/** The same with a copy of the application whose modules were compiled, as in an image, in a folder of its own: with a process on standby, and without. */
export async function compiledEgg(folder) {
  cpSync(fileOf('fixtures'), folder, { recursive: true });
  const baseDir = join(folder, 'egg-app');
  const app = { baseDir, framework: eggFramework };
  const candidate = eggcup('eggcup', { app }, { standby: 1 });
  const [node, , ...options] = candidate.command({ folder, port: await freePort() });
  const env = { ...process.env, ...production(), EGG_HOME: folder, BENCH_FACTS: join(folder, 'facts') };
  execFileSync(node, [fileOf('../../dist/cli.js'), 'compile', '--app', ...options], { stdio: 'pipe', env });
  return [candidate, eggcup('without standby', { app })];
}

export const eggClusterWithEgg = {
  name: 'egg-cluster',
  command: () => [process.execPath, fileOf('fixtures/egg-cluster.cjs')],
  env: production,
};
/** One process alone, which does what no master can save. */
export const floorOfEgg = {
  name: 'egg alone',
  command: () => [process.execPath, fileOf('fixtures/floor-egg.cjs')],
  env: production,
};

export const eggcupWithScript = eggcup('eggcup', {
  app: { baseDir: fileOf('fixtures'), script: fileOf('fixtures/server.cjs') },
});
export const bareCluster = {
  name: 'bare cluster',
  command: () => [process.execPath, fileOf('fixtures/bare-cluster.cjs')],
  env: () => ({ NODE_ENV: 'production' }),
};
/** One server alone. */
export const floorOfScript = {
  name: 'a server alone',
  command: () => [process.execPath, fileOf('fixtures/server.cjs')],
  env: () => ({ NODE_ENV: 'production' }),
};

/** @param {string} folder where pm2 was installed */
export function pm2(folder) {
  const program = join(folder, 'node_modules/pm2/bin/pm2-runtime');
  return {
    name: 'pm2-runtime',
    command: () => [process.execPath, program, 'start', fileOf('fixtures/server.cjs'), '-i', '2', '--name', 'bench'],
    env: ({ folder: home }) => ({ NODE_ENV: 'production', PM2_HOME: join(home, 'pm2') }),
  };
}

/** The candidate under another name, with more in its environment. */
export function withVariables(candidate, name, variables) {
  return { ...candidate, name, env: (place) => ({ ...candidate.env(place), ...variables }) };
}

function eggcup(name, config, workers = {}) {
  return {
    name,
    env: production,
    command: ({ folder, port }) => {
      const file = join(folder, 'cluster.yaml');
      const app = { ...config.app, port };
      const document = { app, workers: { count: 2, ...workers }, health: { dir: join(folder, 'health') } };
      writeFileSync(file, JSON.stringify({ ...document, terminationLog: join(folder, 'termination-log') }));
      return [process.execPath, entry, '--config', file];
    },
  };
}
