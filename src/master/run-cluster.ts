import { isatty } from 'node:tty';
import { onExit } from 'signal-exit';
import { loadConfig, type LoadedConfig } from '../config/load.js';
import { ConfigError } from '../config/config-error.js';
import { EggcupError } from '../errors.js';
import { HealthFiles } from '../health/files.js';
import { HealthReporter } from './health-reporter.js';
import { writeTerminationLog } from '../init/termination-log.js';
import { createLog, type Log } from '../log.js';
import type { Child } from '../process/child.js';
import type { ExitCode } from '../supervisor/model.js';
import { type Boot, boot } from './boot.js';
import { Executor } from './executor.js';
import { type Faults, claimFaults } from './faults.js';
import { Loop } from './loop.js';
import { Messages, urlOf } from './messages.js';
import { policyOf } from './policy.js';
import { redirectConsole } from './redirect-console.js';
import type { Signals } from './signals.js';
import { killStrays } from './strays.js';

export interface ClusterRequest {
  readonly signals: Signals;
  /** `--config FILE` */
  readonly configFile: string | undefined;
  readonly exampleFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** How many exits of children the termination message names. */
const EXITS_KEPT = 10;
/** The kubelet's, for the config that could have named another. */
const DEFAULT_TERMINATION_LOG = '/dev/termination-log';

/** Runs the cluster that the config file describes until it ends; resolves to the exit code (design 4). */
export async function runCluster(request: ClusterRequest): Promise<number> {
  const loaded = await readConfig(request);
  if (loaded === undefined) return 78;
  const { config } = loaded;
  const log = createLog(config.log.level, config.log.format);
  redirectConsole(log);
  let fault: Ended | undefined;
  const faults = claimFaults((error) => (fault ??= failed(log, error)));
  const isOver = (): boolean => request.signals.stopAsked !== undefined || fault !== undefined;
  const ended = await runLoaded(request, loaded, log, faults, isOver);
  writeTerminationLog(config.terminationLog, fault ?? ended);
  await log.close();
  return (fault ?? ended).code;
}

/** A fault of eggcup itself. */
function failed(log: Log, error: Error): Ended {
  log.fatal('master.failed', { text: error.stack ?? error.message });
  return { code: 70, reason: `a fault of eggcup itself: ${error.message}`, exits: [] };
}

interface Ended {
  readonly code: number;
  readonly reason: string;
  readonly exits: readonly string[];
}

async function readConfig(request: ClusterRequest): Promise<LoadedConfig | undefined> {
  const { configFile, exampleFile, env, cwd } = request;
  try {
    return loadConfig({ file: configFile, env, cwd, exampleFile });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const log = createLog('info', isatty(1) ? 'pretty' : 'json');
    // One line for each, so that all are seen at once.
    for (const problem of error.message.split('\n')) log.fatal('boot.failed', { code: error.code, problem });
    const terminationLog = error.terminationLog ?? env['EGGCUP__TERMINATIONLOG'] ?? DEFAULT_TERMINATION_LOG;
    writeTerminationLog(terminationLog, { code: 78, reason: error.message, exits: [] });
    await log.close();
    return undefined;
  }
}

async function runLoaded(
  request: ClusterRequest,
  loaded: LoadedConfig,
  log: Log,
  faults: Faults,
  isOver: () => boolean,
): Promise<Ended> {
  const { signals, env } = request;
  try {
    const booted = await boot(loaded, log, env, isOver);
    if (booted !== undefined) return await supervise(booted, log, signals, faults);
    log.info('boot.stopped', { signal: signals.stopAsked });
    return { code: 0, reason: 'stopped while booting', exits: [] };
  } catch (error) {
    if (!(error instanceof EggcupError)) return failed(log, error instanceof Error ? error : new Error(String(error)));
    log.fatal('boot.failed', { code: error.code, problem: error.message });
    return { code: error.code === 'ERR_PORT_TAKEN' ? 14 : 78, reason: error.message, exits: [] };
  }
}

function supervise(booted: Boot, log: Log, signals: Signals, faults: Faults): Promise<Ended> {
  const { config, facts, plan, roles, health, instance } = booted;
  const policy = policyOf(config, plan, roles.agent !== undefined);
  const children = new Map<number, Child>();
  const exits: string[] = [];
  const { promise, resolve } = withResolvers<{ code: ExitCode; reason: string }>();

  const messages: Messages = new Messages({
    log,
    roles,
    expected: { port: config.app.port, unixSocket: config.app.unixSocket },
    children,
    dispatch: (happening) => loop.dispatch(happening),
    state: () => loop.state,
  });
  const executor = new Executor({
    log,
    roles,
    restart: config.restart,
    children,
    messages,
    dispatch: (happening) => loop.dispatch(happening),
    exit: (code, reason) => resolve({ code, reason }),
    onExit: (line) => {
      exits.push(line);
      if (exits.length > EXITS_KEPT) exits.shift();
    },
  });
  const reporter = health.kind === 'unwritable' ? undefined : openReporter(health.dir);
  const loop: Loop = new Loop(
    policy,
    (command) => executor.run(command),
    (state) => reporter?.show(state),
  );

  const cleanUp = (): void => {
    reporter?.close();
    for (const child of children.values()) child.kill();
    killStrays(instance, log);
  };
  // Whatever way the master goes, as far as it can be caught: no file and no process is left behind.
  const forget = onExit(() => {
    cleanUp();
    log.flush();
  });
  listen();
  try {
    loop.start();
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)));
  }
  return promise.then(({ code, reason }) => {
    forget();
    cleanUp();
    return { code, reason, exits };
  });

  function openReporter(dir: string): HealthReporter {
    const files = new HealthFiles(dir, (trouble) => {
      if (trouble === undefined) log.info('health.recovered', { dir });
      else log.warn('health.unwritable', { dir, reason: trouble, remedy: 'free space or make it writable again' });
    });
    const frame = { startedAt: new Date().toISOString(), plan, facts };
    const address = (): string | null => (messages.address === undefined ? null : urlOf(messages.address));
    return new HealthReporter({ files, policy, frame, address, log });
  }

  function listen(): void {
    signals.listen({
      stop: (signal) => loop.dispatch({ kind: 'stop-requested', signal }),
      unavailable: (signal) => log.warn('signal.ignored', { signal }),
    });
    process.on('message', (raw) => messages.fromParent(raw));
    faults.listen(fail);
  }

  function fail(error: Error): void {
    const { reason } = failed(log, error);
    loop.dispatch({ kind: 'master-failed', message: reason });
    if (loop.state.phase.kind === 'exited') resolve({ code: 70, reason });
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
