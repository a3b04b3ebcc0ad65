import type { Config } from '../config/schema.js';
import type { LoadedConfig } from '../config/load.js';
import { type ContainerFacts, readContainerFacts } from '../container/facts.js';
import { openHealthDir, type Opened } from '../health/directory.js';
import type { HealthServer } from '../health/http.js';
import type { Log } from '../log.js';
import { type Roles, rolesOf } from './roles.js';
import { chooseStrategy, type Listening, readOffer } from '../listening/strategy.js';
import { type Plan, planSize } from '../sizing/plan.js';
import { sizingOf } from '../sizing/config.js';
import { formatSticky } from '../sticky/mode.js';
import { findFramework } from './framework.js';
import { type ControlSocket, prepareControl } from './control-socket.js';
import { openHealthEndpoints } from './health-endpoints.js';
import { checkPort, claimPort, clearUnixSocket, findClusterPort } from './ports.js';
import type { NativePart } from './adopt-orphans.js';
import { checkSticky } from './stickiness.js';

/** Everything that is known before the first fork. */
export interface Boot {
  readonly loaded: LoadedConfig;
  readonly facts: ContainerFacts;
  readonly plan: Plan;
  readonly listening: Listening;
  readonly roles: Roles;
  /** The same for another config or plan. */
  readonly rolesFor: (config: Config, plan: Plan) => Roles;
  readonly health: Opened;
  /** The health endpoints, which listen already. */
  readonly http: HealthServer | undefined;
  /** Its place is free; it does not listen yet. */
  readonly control: ControlSocket | undefined;
  /** Marks this master's processes. */
  readonly instance: string;
}

/**
 * Config → container facts → plan → health directory → ports → health endpoints (design 6, 1 and 2), with the `boot` line.
 * Returns `undefined` as soon as `isOver` says so. Throws EggcupError for what the operator can mend.
 */
export async function boot(
  loaded: LoadedConfig,
  log: Log,
  { env, cwd, ...native }: NativePart & { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  isOver: () => boolean,
): Promise<Boot | undefined> {
  const { config } = loaded;
  if (loaded.origin === 'example') log.info('boot.example', { file: loaded.file });
  const facts = readContainerFacts();
  const plan = planSize(facts, sizingOf(config));
  const listening = chooseStrategy(config, readOffer());
  const framework =
    config.app.framework === undefined ? undefined : findFramework(config.app.framework, config.app.baseDir, cwd);
  const health = await openHealth(loaded, log);
  logBoot(log, { loaded, plan, listening, health });
  if (isOver()) return undefined;

  checkSticky(config.listen.sticky, native);
  const { port, hostname } = config.app;
  if (port !== undefined && listening.strategy === 'reusePort') await claimPort(port, hostname);
  if (port !== undefined) await checkPort(port, hostname);
  if (config.app.unixSocket !== undefined) await clearUnixSocket(config.app.unixSocket, 'app.unixSocket');
  const control = await prepareControl(config.control, health, log);
  const clusterPort = framework === undefined ? 0 : await findClusterPort();
  // Last, so that nothing can go wrong between it and who closes it.
  const http = config.health.http.enabled ? await openHealthEndpoints(config.health.http, log) : undefined;
  if (isOver()) {
    http?.close();
    return undefined;
  }

  // A mark, no secret: node:crypto would take 8 ms.
  const instance = `${process.pid}-${Math.random().toString(36).slice(2)}`;
  const launched = { framework, clusterPort, strategy: listening.strategy, masterPid: process.pid, instance, env };
  const rolesFor: Boot['rolesFor'] = (some, size) => rolesOf({ ...launched, config: some, plan: size });
  return { loaded, facts, plan, listening, roles: rolesFor(config, plan), rolesFor, health, http, control, instance };
}

/** Without a config file, as in development, another directory may take the place of one that can't be written. */
async function openHealth({ config, origin }: LoadedConfig, log: Log): Promise<Opened> {
  const health = await openHealthDir(config.health.dir, origin === 'example');
  if (health.kind === 'writable') return health;
  const remedy = 'mount a writable directory there (an emptyDir, a tmpfs) or set health.dir to one';
  if (health.kind === 'fallback') {
    log.warn('health.fallback', { dir: config.health.dir, reason: health.reason, instead: health.dir });
  } else log.warn('health.unwritable', { dir: config.health.dir, reason: health.reason, remedy });
  return health;
}

function logBoot(
  log: Log,
  { loaded, plan, listening, health }: Pick<Boot, 'loaded' | 'plan' | 'listening' | 'health'>,
): void {
  const { app, listen } = loaded.config;
  for (const warning of plan.warnings) log.warn('sizing.warning', { warning });
  log.info('boot', {
    pid: process.pid,
    node: process.version,
    config: loaded.file,
    baseDir: app.baseDir,
    ...(app.framework === undefined ? { script: app.script } : { framework: app.framework }),
    healthDir: health.kind === 'unwritable' ? null : health.dir,
    workers: plan.workers,
    ...(listen.sticky.kind === 'none' ? {} : { sticky: formatSticky(listen.sticky) }),
    heapMiB: plan.heapMiB,
    reasons: plan.reasons,
    listening,
  });
}
