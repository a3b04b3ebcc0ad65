import { join } from 'node:path';
import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../config/schema.js';
import { readContainerFacts } from '../container/facts.js';
import { EggcupError, hasCode } from '../errors.js';
import { findFramework } from '../master/framework.js';
import { checkPort } from '../master/ports.js';
import { planSize } from '../sizing.js';
import { type Finding, failure, ok, warning } from './finding.js';

/** Whether the config's cluster could be started here, or runs already. */
export async function lookAtCluster(config: Config, cwd: string): Promise<readonly Finding[]> {
  const plan = planSize(readContainerFacts(), config.workers);
  const size = plan.heapMiB === null ? '' : `, ${plan.heapMiB} MiB of heap each`;
  const running = runningMaster(config.health.dir);
  return [
    ok('plan', `${plan.workers} app workers${size}: see eggcup plan`),
    ...plan.warnings.map((text) => warning('plan', text, 'see docs/sizing.md')),
    ...framework(config, cwd),
    running ?? (await port(config)),
  ];
}

function framework({ app }: Config, cwd: string): readonly Finding[] {
  if (app.framework === undefined) return [];
  try {
    return [ok('framework', findFramework(app.framework, app.baseDir, cwd))];
  } catch (error) {
    if (!(error instanceof EggcupError)) throw error;
    return [failure('framework', error.message, `npm install ${app.framework} in ${app.baseDir}`)];
  }
}

/** By status.json, while its heart beats: what an earlier life left says nothing. */
function runningMaster(healthDir: string): Finding | undefined {
  const beat = statSync(join(healthDir, 'live'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const status = Date.now() - beat > FRESH_MS ? undefined : readStatus(join(healthDir, 'status.json'));
  if (status === undefined) return undefined;
  return ok('running', `a master, process ${status.pid}, is ${status.phase}`);
}

/** As `dist/probe.js live` judges it: five beats. */
const FRESH_MS = 10_000;

function readStatus(file: string): { readonly pid: number; readonly phase: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; phase: string };
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') || hasCode(error, 'EACCES')) return undefined;
    throw error;
  }
}

async function port({ app }: Config): Promise<Finding> {
  const name = 'app.port';
  if (app.port === undefined) return ok(name, 'not set: the application decides where it listens');
  try {
    await checkPort(app.port, app.hostname);
    return ok(name, `${app.port} is free`);
  } catch (error) {
    if (!(error instanceof EggcupError)) throw error;
    return failure(name, error.message, 'end who listens there, or take another port');
  }
}
