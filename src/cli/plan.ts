import type { Config } from '../config/schema.js';
import type { LoadedConfig } from '../config/load.js';
import { maskedConfig } from '../config/mask.js';
import { formatDuration, MAX_SIZE_BYTES, parseCpu, parseSize, suggestCpu, suggestSize } from '../config/units.js';
import { type ContainerFacts, factsUnder, readContainerFacts } from '../container/facts.js';
import { EggcupError } from '../errors.js';
import { chooseStrategy, type Listening, readOffer } from '../listening/strategy.js';
import { findFramework } from '../master/framework.js';
import { minReadyAmong } from '../supervisor/view.js';
import { nodeOptionsOf, rolesAhead } from '../master/roles.js';
import type { Launch } from '../process/launch.js';
import { type Plan, planSize } from '../sizing/plan.js';
import { sizingOf } from '../sizing/config.js';
import { formatSticky } from '../sticky/mode.js';
import {
  type Answer,
  answerFaults,
  type CliCommand,
  loadGiven,
  shownConfig,
  type Surroundings,
  toJson,
} from './command.js';
import type { Given } from './options.js';

/**
 * `eggcup plan`: what would be started here, or under another quota and limit, and why. As JSON `{ file, under, workers, heapMiB,
 * reasons, warnings, agent, app, … }`. Exit 78 when it could not be started, with what is missing in `problems`.
 */
export const plan: CliCommand = {
  summary: 'says what would be started here, or under --cpu and --memory, and why',
  options: ['config', 'set', 'cpu', 'memory', 'format'],
  run(given, surroundings): Answer {
    const under = limitsOf(given);
    if (typeof under === 'string') return { code: 78, err: `eggcup plan: ${under}` };
    try {
      const loaded = loadGiven(given, surroundings);
      const { file } = loaded;
      const facts = factsUnder(readContainerFacts(), under);
      const outlook = lookAhead(loaded, facts, surroundings);
      const code = outlook.problems.length > 0 ? 78 : 0;
      if (given.format === 'json') return { code, out: toJson({ file, under, ...outlook }) };
      return { code, out: asText(`${shownConfig(loaded, surroundings.cwd)} ${where(given)}`, outlook) };
    } catch (error) {
      return answerFaults(error, given.format);
    }
  },
};

interface Limits {
  readonly cpus: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** What `--cpu` and `--memory` say, in the config's units; a text is what is wrong with them. */
function limitsOf({ cpu, memory }: Given): Limits | string {
  const cpus = cpu === undefined ? undefined : parseCpu(cpu);
  const memoryBytes = memory === undefined ? undefined : parseMemory(memory);
  if (cpu !== undefined && cpus === undefined)
    return `--cpu must be CPUs in thousandths from 1m to 9999999m such as 1500m, got "${cpu}"${hint(suggestCpu(cpu), parseCpu)}`;
  if (memory !== undefined && memoryBytes === undefined)
    return `--memory must be a size from 1Mi to 1024Ti such as 512Mi or 1Gi, got "${memory}"${hint(suggestSize(memory), parseMemory)}`;
  return { cpus, memoryBytes };
}

function parseMemory(text: string): number | undefined {
  const bytes = parseSize(text);
  return bytes !== undefined && bytes >= 2 ** 20 && bytes <= MAX_SIZE_BYTES ? bytes : undefined;
}

/** Only what would be taken. */
function hint(meant: string | undefined, parse: (text: string) => number | undefined): string {
  return meant === undefined || parse(meant) === undefined ? '' : ` (did you mean ${meant}?)`;
}

function where({ cpu, memory }: Given): string {
  const limits = [
    ...(cpu === undefined ? [] : [`--cpu ${cpu}`]),
    ...(memory === undefined ? [] : [`--memory ${memory}`]),
  ];
  return limits.length === 0 ? 'here' : `under ${limits.join(' and ')}`;
}

/** What the master would do with this config and these facts. */
interface Outlook extends Plan {
  readonly agent: Program | null;
  readonly app: Program;
  /** Where it listens as far as the config says; a framework's application may decide by itself. */
  readonly listen: string | null;
  /** How connections reach the app workers; `null` when what is asked for can't be had here. */
  readonly listening: Listening | null;
  /** What keeps a client with one worker. */
  readonly sticky: string;
  readonly minReady: number;
  readonly healthDir: string;
  readonly shutdown: Config['shutdown'];
  /** What would keep it from starting. */
  readonly problems: readonly string[];
}

/** How the processes of a kind would be started. */
interface Program {
  readonly run: string;
  readonly nodeOptions: readonly string[];
  readonly args: readonly string[];
  readonly cwd: string;
}

function lookAhead(loaded: LoadedConfig, facts: ContainerFacts, { env, cwd }: Surroundings): Outlook {
  const size = planSize(facts, sizingOf(loaded.config));
  const { framework } = loaded.config.app;
  const located = framework === undefined ? undefined : locate(framework, loaded.config, cwd);
  const config = maskedConfig(loaded);
  const { listening, problem } = listeningHere(config);
  const found = located?.file ?? config.app.framework;
  const strategy = listening?.strategy ?? 'roundRobin';
  const roles = rolesAhead({ config, plan: size, framework: found, strategy, env });
  return {
    ...size,
    agent: roles.agent === undefined ? null : programOf(roles.agent, config),
    app: programOf(roles.app, config),
    listen: listenOf(config.app),
    listening,
    sticky: formatSticky(config.listen.sticky),
    minReady: minReadyAmong(config.health.minReady, size.workers),
    healthDir: config.health.dir,
    shutdown: config.shutdown,
    problems: [located?.problem, problem].filter((text) => text !== undefined),
  };
}

function locate(
  framework: string,
  { app }: Config,
  cwd: string,
): { readonly file?: string; readonly problem?: string } {
  try {
    return { file: findFramework(framework, app.baseDir, cwd) };
  } catch (error) {
    if (error instanceof EggcupError) return { problem: error.message };
    throw error;
  }
}

function listeningHere(config: Config): { readonly listening: Listening | null; readonly problem?: string } {
  try {
    return { listening: chooseStrategy(config, readOffer()) };
  } catch (error) {
    if (error instanceof EggcupError) return { listening: null, problem: error.message };
    throw error;
  }
}

/** Without what eggcup itself puts in front: its own preload, or its main for a framework. */
function programOf(launch: Launch, { app }: Config): Program {
  const { exec, args, cwd, task } = launch;
  const run =
    task.kind === 'script'
      ? exec
      : `${app.framework} ${task.role === 'agent' ? 'Agent' : 'Application'} (${task.options.framework})`;
  return { run, nodeOptions: nodeOptionsOf(launch), args, cwd };
}

function listenOf({ unixSocket, hostname, port, https }: Config['app']): string | null {
  if (unixSocket !== undefined) return unixSocket;
  if (port === undefined) return null;
  return `${https === undefined ? 'http' : 'https'}://${hostname ?? '*'}:${port}`;
}

function asText(head: string, outlook: Outlook): string {
  const { agent, app, workers, heapMiB, minReady, shutdown } = outlook;
  const { delay, app: drain, agent: agentTime, grace } = shutdown;
  const [one, ...others] = [delay, drain, agentTime].map(formatDuration);
  const rows = {
    agent: agent === null ? 'none' : commandOf(agent),
    'app workers': `${workers} × ${commandOf(app)}`,
    heap: heapMiB === null ? 'as Node.js decides' : `${heapMiB} MiB for each app worker`,
    listens: outlook.listen ?? 'as the application decides',
    connections: connectionsOf(outlook.listening),
    ...(outlook.sticky === 'none' ? {} : { sticky: `each client keeps its worker, by ${outlook.sticky}` }),
    ready: `while at least ${minReady} of ${workers} listen`,
    stop: `${one} delay + ${others[0]} app workers + ${others[1]} agent, of ${formatDuration(grace)} grace`,
    'health files': outlook.healthDir,
  };
  return [
    `plan for ${head}`,
    '',
    ...Object.entries(rows).map(([name, text]) => `  ${name.padEnd(14)}${text}`),
    '',
    'because',
    ...outlook.reasons.map((reason) => `  ${reason}`),
    ...outlook.problems.map((problem) => `\nit would not start: ${problem}`),
  ].join('\n');
}

function connectionsOf(listening: Listening | null): string {
  return listening === null ? 'see below' : `${listening.strategy} (${listening.reason})`;
}

function commandOf({ run, nodeOptions, args }: Program): string {
  return ['node', ...nodeOptions, run, ...args.map(quoted)].join(' ');
}

/** So that one argument is told from two, and from none. */
function quoted(argument: string): string {
  return /^[\w./:=@%+,-]+$/.test(argument) ? argument : JSON.stringify(argument);
}
