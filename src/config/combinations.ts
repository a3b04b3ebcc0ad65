import { resolve } from 'node:path';
import type { Path } from './path.js';
import type { Settings } from './schema.js';
import { formatSticky, isInRequests } from '../sticky/mode.js';
import { formatDuration } from './units.js';

/** Values that are right by themselves but not together, or not here. The first path is the one to name. */
export interface Finding {
  readonly paths: readonly [Path, ...Path[]];
  readonly message: string;
}

/** What cannot be combined in a config, each with both values and the remedy. */
export function findContradictions(settings: Settings): readonly Finding[] {
  return [
    ...program(settings),
    ...nodeOptions(settings),
    ...address(settings),
    ...healthPort(settings),
    ...stickiness(settings),
    ...onlyForScripts(settings),
    ...numbers(settings),
    ...controlSocket(settings),
  ];
}

function* program({ app }: Settings): Generator<Finding> {
  const paths = [FRAMEWORK, SCRIPT] as const;
  if (app.framework !== undefined && app.script !== undefined) {
    const both = `app.framework ${quote(app.framework)} and app.script ${quote(app.script)}`;
    yield { paths, message: `${both} cannot both be set; remove one of them` };
  }
  if (app.framework === undefined && app.script === undefined) {
    const message =
      'neither app.framework nor app.script is set; name a framework such as "egg", or the program to run';
    yield { paths: [['app'], ...paths], message };
  }
  if (app.https !== undefined && app.script !== undefined) {
    const message = `needs app.framework, but app.script ${quote(app.script)} is set; a script serves HTTPS by itself`;
    yield { paths: [['app', 'https'], SCRIPT], message };
  }
}

function* nodeOptions({ app }: Settings): Generator<Finding> {
  for (const [index, option] of app.nodeOptions.entries()) {
    if (!RUNS_SOMETHING_ELSE.test(option)) continue;
    const message = `${quote(option)} has Node.js do something else than run the application; remove it`;
    yield { paths: [['app', 'nodeOptions', index]], message };
  }
}

/** node(1): a program of its own, a look at one, or a word about itself. `-pe` is `-p -e`. */
const RUNS_SOMETHING_ELSE =
  /^(?:-(?:e|p|pe|c|i|h|v)|--(?:eval|print|check|interactive|help|version|v8-options|test|run|watch(?:-path)?|prof-process|build-sea|build-snapshot|completion-bash))(?:=|$)/;

function* address({ app, listen }: Settings): Generator<Finding> {
  const { port, hostname, unixSocket } = app;
  if (unixSocket === undefined) return;
  const path = ['app', 'unixSocket'];
  const socket = quote(unixSocket);
  if (port !== undefined)
    yield { paths: [path, ['app', 'port']], message: `${socket} excludes app.port ${port}; remove one of them` };
  if (hostname !== undefined) {
    const message = `${socket} excludes app.hostname ${quote(hostname)}; remove one of them`;
    yield { paths: [path, ['app', 'hostname']], message };
  }
  if (listen.strategy === 'reusePort') {
    const message = `"reusePort" needs a port, but app.unixSocket ${socket} is set; take "roundRobin", "shared" or "auto"`;
    yield { paths: [['listen', 'strategy'], path], message };
  }
}

/** Whatever their addresses: one port for both is a slip of the hand. */
function* healthPort({ app, health }: Settings): Generator<Finding> {
  const { enabled, port } = health.http;
  if (!enabled || app.port !== port) return;
  const paths: Finding['paths'] = [['health', 'http', 'port'], ['app', 'port'], HEALTH_HTTP_ENABLED];
  const message = `${port} is app.port ${app.port} as well, but the health endpoints need a port of their own; change one of them`;
  yield { paths, message };
}

/** A name of its own in health.dir, however it is written. */
function* controlSocket({ control, health }: Settings): Generator<Finding> {
  const dir = resolve('/', health.dir);
  const taken = ['', ...HEALTH_FILES, ...HEALTH_FILES.map((name) => `.${name}.tmp`)].map((name) => resolve(dir, name));
  if (!taken.includes(resolve(dir, control.socket))) return;
  const message = `${quote(control.socket)} is what eggcup itself writes into health.dir; take another name`;
  yield { paths: [['control', 'socket']], message };
}

function* stickiness({ app, listen }: Settings): Generator<Finding> {
  const { strategy, sticky } = listen;
  if (sticky.kind === 'none') return;
  const written = quote(formatSticky(sticky));
  if (strategy === 'shared' || strategy === 'reusePort') {
    const message = `${written} excludes listen.strategy "${strategy}", where the kernel chooses the worker; use "roundRobin" or "auto"`;
    yield { paths: [STICKY, ['listen', 'strategy']], message };
  }
  if (app.https !== undefined && isInRequests(sticky)) {
    const message = `${written} cannot be seen in what app.https encrypts; use "address", or end TLS in front of eggcup`;
    yield { paths: [STICKY, ['app', 'https']], message };
  }
  if (app.unixSocket !== undefined && sticky.kind === 'address') {
    const message = `${written} is of no use with app.unixSocket ${quote(app.unixSocket)}, where clients have no address; use a cookie or a header`;
    yield { paths: [STICKY, ['app', 'unixSocket']], message };
  }
}

/** Only what asks for something else than the default: a file with every default written out stays valid. */
function* onlyForScripts({ app, agent }: Settings): Generator<Finding> {
  if (app.script === undefined && app.framework !== undefined) {
    const remedy = `needs app.script, but app.framework ${quote(app.framework)} is set; remove it`;
    if (app.args.length > 0) yield { paths: [['app', 'args'], SCRIPT, FRAMEWORK], message: remedy };
    if (app.ready !== 'listening') yield { paths: [['app', 'ready'], SCRIPT, FRAMEWORK], message: remedy };
    if (agent.script !== undefined) yield { paths: [AGENT_SCRIPT, SCRIPT, FRAMEWORK], message: remedy };
    if (agent.ready !== 'loaded') yield { paths: [['agent', 'ready'], SCRIPT, FRAMEWORK], message: remedy };
  }
  if (app.script === undefined || agent.script !== undefined) return;
  const remedy = 'needs agent.script, which is not set; set it or remove this';
  if (agent.enabled === true) yield { paths: [['agent', 'enabled'], AGENT_SCRIPT, SCRIPT], message: `true ${remedy}` };
  if (agent.ready !== 'loaded')
    yield { paths: [['agent', 'ready'], AGENT_SCRIPT, SCRIPT], message: `"${agent.ready}" ${remedy}` };
}

function* numbers({ workers, health, restart, shutdown }: Settings): Generator<Finding> {
  if (workers.min > workers.max) {
    const message = `${workers.min} is more than workers.max ${workers.max}; lower the one or raise the other`;
    yield {
      paths: [
        ['workers', 'min'],
        ['workers', 'max'],
      ],
      message,
    };
  }
  const most = workers.count === 'auto' ? workers.max : workers.count;
  if (health.minReady.kind === 'count' && health.minReady.value > most) {
    const bound = workers.count === 'auto' ? 'workers.max' : 'workers.count';
    const message = `${health.minReady.value} is more than ${bound} ${most}, so there would never be so many; lower the one or raise the other`;
    yield {
      paths: [
        ['health', 'minReady'],
        ['workers', 'count'],
        ['workers', 'max'],
      ],
      message,
    };
  }
  const { initial, max } = restart.backoff;
  if (initial > max) {
    const message = `${formatDuration(initial)} is more than restart.backoff.max ${formatDuration(max)}; lower the one or raise the other`;
    yield {
      paths: [
        ['restart', 'backoff', 'initial'],
        ['restart', 'backoff', 'max'],
      ],
      message,
    };
  }
  yield* budget(shutdown);
}

function* budget({ delay, app, agent, grace }: Settings['shutdown']): Generator<Finding> {
  const sum = delay + app + agent;
  if (sum <= grace) return;
  const parts = `delay ${formatDuration(delay)} + app ${formatDuration(app)} + agent ${formatDuration(agent)}`;
  yield {
    paths: [
      ['shutdown', 'grace'],
      ['shutdown', 'app'],
      ['shutdown', 'agent'],
      ['shutdown', 'delay'],
    ],
    message: `${formatDuration(grace)} is less than ${parts} = ${formatDuration(sum)}; shorten one of them, or raise it together with the platform's terminationGracePeriodSeconds`,
  };
}

const HEALTH_FILES = ['started', 'ready', 'live', 'status.json'];
const FRAMEWORK: Path = ['app', 'framework'];
const SCRIPT: Path = ['app', 'script'];
const STICKY: Path = ['listen', 'sticky'];
const AGENT_SCRIPT: Path = ['agent', 'script'];
const HEALTH_HTTP_ENABLED: Path = ['health', 'http', 'enabled'];

function quote(text: string): string {
  return JSON.stringify(text);
}
