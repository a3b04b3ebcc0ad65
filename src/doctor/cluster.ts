import { join, resolve } from 'node:path';
import { readFileSync, statSync } from 'node:fs';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { readContainerFacts } from '../container/facts.js';
import { ANSWER_MS, ask } from '../control/client.js';
import { EggcupError, hasCode } from '../errors.js';
import { fallbackDir } from '../health/directory.js';
import { chooseStrategy, readOffer } from '../listening/strategy.js';
import { findFramework } from '../master/framework.js';
import { checkPort, lookAtUnixSocket } from '../master/ports.js';
import { planSize } from '../sizing/plan.js';
import { sizingOf } from '../sizing/config.js';
import { type Finding, failure, ok, warning } from './finding.js';
import { folder } from './paths.js';

/** Whether the config's cluster could be started here, or runs already. */
export async function lookAtCluster({ config, origin }: LoadedConfig, cwd: string): Promise<readonly Finding[]> {
  const plan = planSize(readContainerFacts(), sizingOf(config));
  const size = plan.heapMiB === null ? '' : `, ${plan.heapMiB} MiB of heap each`;
  const { health, control } = config;
  // Without a config file it may have been another one.
  const running =
    (await runningMaster(health.dir, control)) ??
    (origin === 'example' ? await runningMaster(fallbackDir(), control) : undefined);
  return [
    ok('plan', `${plan.workers} app workers${size}: see eggcup plan`),
    ...plan.warnings.map((text) => warning('plan', text, 'see docs/sizing.md')),
    ...framework(config, cwd),
    connections(config),
    ...(running === undefined ? await ports(config) : [running]),
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

function connections(config: Config): Finding {
  try {
    const { strategy, reason } = chooseStrategy(config, readOffer());
    return ok('connections', `${strategy}, ${reason}`);
  } catch (error) {
    if (!(error instanceof EggcupError)) throw error;
    return failure('connections', error.message, 'listen.strategy "auto" takes what is safe');
  }
}

/** By status.json, while its heart beats: what an earlier life left says nothing. */
async function runningMaster(dir: string, control: Config['control']): Promise<Finding | undefined> {
  const status = Date.now() - lastBeat(dir) > FRESH_MS ? undefined : readStatus(join(dir, 'status.json'));
  if (status === undefined) return undefined;
  const found = `a master, process ${status.pid}, is ${status.phase}`;
  if (control.enabled === false) return ok('running', found);
  const path = resolve(dir, control.socket);
  try {
    await ask(path, { request: 'status' }, ANSWER_MS);
    return ok('running', `${found}, and answers at ${path}`);
  } catch (error) {
    if (!(error instanceof EggcupError)) throw error;
    return warning('running', `${found}; ${error.message}`, "see control.unavailable in the master's log");
  }
}

/** As `dist/probe.js live` judges it: five beats. */
const FRESH_MS = 10_000;

function lastBeat(healthDir: string): number {
  try {
    return statSync(join(healthDir, 'live')).mtimeMs;
  } catch (error) {
    if (isNotThere(error)) return 0;
    throw error;
  }
}

function isNotThere(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES'].some((code) => hasCode(error, code));
}

function readStatus(file: string): { readonly pid: number; readonly phase: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; phase: string };
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

async function ports({ app, health }: Config): Promise<readonly Finding[]> {
  const { http } = health;
  // A master that can't write its files can't be told from others.
  const isBlind = folder('health.dir', health.dir, '').level !== 'ok';
  return [
    await address(app, isBlind),
    ...(http.enabled ? [await port('health.http.port', http.port, http.host, isBlind)] : []),
  ];
}

async function address({ port: number, hostname, unixSocket }: Config['app'], isBlind: boolean): Promise<Finding> {
  if (number !== undefined) return port('app.port', number, hostname, isBlind);
  if (unixSocket === undefined) return ok('app.port', 'not set: the application decides where it listens');
  const name = 'app.unixSocket';
  try {
    const found = await lookAtUnixSocket(unixSocket, name);
    return ok(
      name,
      found === 'free'
        ? `${unixSocket} is free`
        : `${unixSocket}, left by somebody who has ended, is removed at the start`,
    );
  } catch (error) {
    if (!(error instanceof EggcupError)) throw error;
    return taken(name, error.message, error.code === 'ERR_PORT_TAKEN', isBlind, 'choose another path');
  }
}

async function port(name: string, number: number, host: string | undefined, isBlind: boolean): Promise<Finding> {
  try {
    await checkPort(number, host);
    return ok(name, `${number} is free`);
  } catch (error) {
    if (!(error instanceof EggcupError)) throw error;
    const isTaken = error.code === 'ERR_PORT_TAKEN';
    const found = `cannot listen on ${host ?? '*'}:${number}${isTaken ? ': another process does' : ''}`;
    return taken(name, found, isTaken, isBlind, 'take an address of this machine, and a port that this user may use');
  }
}

function taken(name: string, found: string, isTaken: boolean, isBlind: boolean, remedy: string): Finding {
  if (isTaken && isBlind)
    return warning(name, found, 'it may be the master itself, which cannot write its health.dir: mend that first');
  return failure(name, found, `${isTaken ? 'end who listens there' : remedy}, or change ${name}`);
}
