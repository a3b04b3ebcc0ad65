import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../config/config-error.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { EggcupError, messageOf } from '../errors.js';
import type { ClaimedSignals } from '../init/claimed-signals.js';
import { meaningOf } from '../init/exit-codes.js';
import { numberOf } from '../init/signal-names.js';
import { TRAINING_VARIABLE } from '../ipc/environment.js';
import { DEFAULT_TERMINATION_LOG, writeTerminationLog } from '../init/termination-log.js';
import { type Log, createLog } from '../log.js';
import type { NativePart } from './adopt-orphans.js';
import { boot } from './boot.js';
import { Cluster, type Ended } from './cluster.js';
import { answersOf } from './control-requests.js';
import { saveMemoryWhenIdle } from '../idle-memory.js';
import { ConfigWatch } from './config-watch.js';
import { redirectConsole } from './redirect-console.js';
import { type ClusterSignal, ClusterSignals } from './cluster-signals.js';

export interface ClusterRequest extends NativePart {
  readonly signals: ClaimedSignals;
  /** `--config FILE` */
  readonly configFile: string | undefined;
  /** `--set KEY=VALUE`, each. */
  readonly set: readonly string[];
  readonly exampleFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Runs the cluster that the config file describes until it ends; resolves to the exit code (design 4). */
export async function runCluster(request: ClusterRequest): Promise<number> {
  // `eggcup compile --app` starts it for a moment; should that be killed, nobody would end it.
  if (request.env[TRAINING_VARIABLE] !== undefined) request.native?.signalOnParentDeath(constants.signals.SIGTERM);
  const loaded = await readConfig(request);
  if (loaded === undefined) return 78;
  await setImmediate(); // What was asked for meanwhile is heard: a file that others write may have been waited for.
  const { config } = loaded;
  const log = createLog(config.log.level, config.log.format);
  redirectConsole(log);
  const ended = await bootAndRun(request, loaded, log);
  if (ended.code !== 0) logFailure(ended, log);
  writeTerminationLog(config.terminationLog, ended);
  await log.close();
  return ended.code;
}

/** What the termination log says, for who reads only the log. */
function logFailure({ code, reason, exits, lastError }: Ended, log: Log): void {
  log.fatal('cluster.failed', { exitCode: code, meaning: meaningOf(code), reason, exits, lastError });
}

async function readConfig(request: ClusterRequest): Promise<LoadedConfig | undefined> {
  const { env } = request;
  try {
    return load(request);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { isatty } = await import('node:tty');
    const log = createLog('info', isatty(1) ? 'pretty' : 'json');
    // One line for each, so that all are seen at once.
    for (const problem of error.message.split('\n')) log.fatal('boot.failed', { code: error.code, problem });
    const named = error.terminationLog ?? env['EGGCUP__TERMINATION_LOG'] ?? env['EGGCUP__TERMINATIONLOG'];
    writeTerminationLog(named ?? DEFAULT_TERMINATION_LOG, { code: 78, reason: error.message, exits: [] });
    await log.close();
    return undefined;
  }
}

/** An error that nobody caught ends the boot; later it ends the cluster, in order. */
async function bootAndRun(request: ClusterRequest, loaded: LoadedConfig, log: Log): Promise<Ended> {
  const signals = new ClusterSignals(request.signals, request.native);
  let fault: Ended | undefined;
  let cluster: Cluster | undefined;
  process.on('uncaughtException', (error: unknown) => {
    fault ??= faultOf(error);
    log.fatal('master.failed', { text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    try {
      cluster?.fail(fault.reason);
    } catch (second) {
      // Thrown from here Node would exit with 7 at once: without the last clean-up, and with every child alive.
      log.fatal('master.failed', { text: messageOf(second) });
      cluster?.end(fault);
    }
  });
  try {
    const booted = await boot(loaded, log, request, () => signals.ending !== undefined || fault !== undefined);
    if (booted === undefined) return fault ?? endedWhileBooting(signals.ending, log);
    cluster = new Cluster(booted, log, request);
    const running = cluster;
    const ended = running.run();
    const rest = saveMemoryWhenIdle(request.native);
    const readAgain = (reason: string): readonly string[] => {
      watch.sync();
      return reload(running, { ...request, configFile: loaded.file }, reason, log);
    };
    const watch = new ConfigWatch({
      file: loaded.file,
      isOn: () => running.watchesConfig,
      onChange: () => readAgain('the config file has changed'),
    });
    signals.listen((signal) => obey(signal, running, readAgain, log));
    booted.control?.open(answersOf(running, readAgain));
    const outcome = await ended;
    watch.stop();
    rest.callOff();
    return outcome;
  } catch (error) {
    return bootFailed(error, log);
  }
}

function obey(
  { kind, signal }: ClusterSignal,
  cluster: Cluster,
  readAgain: (reason: string) => unknown,
  log: Log,
): void {
  switch (kind) {
    case 'stop':
      return cluster.requestStop(signal);
    case 'reload':
      readAgain(`${signal} received`);
      return;
    case 'more':
    case 'fewer':
      return cluster.scaleBy(kind === 'more' ? 1 : -1, `${signal} received`);
    case 'replace':
      return cluster.replaceAll(`${signal} received`);
    case 'unavailable':
      return log.warn('signal.ignored', { signal });
    case 'fatal':
      return cluster.end(killedBy(signal, log));
  }
}

/** Reads the config again; one that is wrong changes nothing. Returns all that is wrong. */
function reload(cluster: Cluster, request: ClusterRequest, reason: string, log: Log): readonly string[] {
  try {
    cluster.reload(load({ ...request, isRunning: true }), reason);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.message.split('\n');
    for (const problem of problems) log.error('reload.refused', { reason, code: error.code, problem });
    return problems;
  }
}

function load({ configFile: file, ...request }: ClusterRequest & { readonly isRunning?: boolean }): LoadedConfig {
  return loadConfig({ file, ...request });
}

function endedWhileBooting(ending: ClusterSignal | undefined, log: Log): Ended {
  if (ending?.kind === 'fatal') return killedBy(ending.signal, log);
  log.info('boot.stopped', { signal: ending?.signal });
  return { code: 0, reason: 'stopped while booting', exits: [] };
}

/** As if the signal had ended this process, which it can't do to PID 1; but with the last clean-up. */
function killedBy(signal: string, log: Log): Ended {
  log.fatal('master.killed', { signal });
  return { code: 128 + numberOf(signal), reason: `${signal} was sent to the master`, exits: [] };
}

function bootFailed(error: unknown, log: Log): Ended {
  if (!(error instanceof EggcupError)) {
    log.fatal('master.failed', { text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return faultOf(error);
  }
  log.fatal('boot.failed', { code: error.code, problem: error.message });
  return { code: error.code === 'ERR_PORT_TAKEN' ? 14 : 78, reason: error.message, exits: [] };
}

function faultOf(error: unknown): Ended {
  return { code: 70, reason: `a fault of eggcup itself: ${messageOf(error)}`, exits: [] };
}
