import { join, relative } from 'node:path';
import { ConfigError } from '../config/config-error.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import type { Origin } from '../config/origin.js';
import { formatPath } from '../config/path.js';
import type { Given, OptionName } from './options.js';

/** What a command answers, for the edge to print. */
export interface Answer {
  /** Exit code: 0; 78 for what is wrong with the config or the command line; 1 where `doctor` has found a failure, or the master has refused or does not answer. */
  readonly code: number;
  readonly out?: string;
  readonly err?: string;
}

/** Where a command is called. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Prints at once, for a command that goes on. Returns whether anybody reads. */
  readonly say: (text: string) => boolean;
  /** Whether it is read by a person. */
  readonly isTerminal: boolean;
}

/** One command of the tool. */
export interface CliCommand {
  readonly summary: string;
  /** The word that it takes: `N`. */
  readonly operand?: string;
  readonly options: readonly OptionName[];
  /** Of options that mean something else here. */
  readonly optionHelp?: Partial<Readonly<Record<OptionName, string>>>;
  run(given: Given, surroundings: Surroundings): Answer | Promise<Answer>;
}

/** The config as the entrypoint would read it with the same options. Throws ConfigError. */
export function loadGiven({ config, set }: Given, { env, cwd }: Pick<Surroundings, 'env' | 'cwd'>): LoadedConfig {
  const exampleFile = join(import.meta.dirname, '../../examples/hello/cluster.yaml');
  return loadConfig({ file: config, set, env, cwd, exampleFile });
}

/** The answer to a config that is wrong: the faults as lines, or as JSON, for a command that cannot go on without it. */
export function answerFaults(error: unknown, format: Given['format']): Answer {
  if (!(error instanceof ConfigError)) throw error;
  if (format === 'text') return { code: 78, err: error.message };
  return { code: 78, out: toJson({ valid: false, errors: faultsOf(error) }) };
}

/** Each fault with its place: `file`, `line` and `column`, or the `variable`, or the `option`. */
function faultsOf({ code, issues }: ConfigError): readonly object[] {
  return issues.map(({ origin, path, message }) => {
    return { code, path: path.length === 0 ? null : formatPath(path), message, ...placeOf(origin) };
  });
}

function placeOf(origin: Origin | undefined): object {
  switch (origin?.kind) {
    case 'file':
      return { file: origin.file, line: origin.line, column: origin.column };
    case 'variable':
      return { variable: origin.name };
    case 'option':
      return { option: origin.name };
    case 'default':
    case undefined:
      return {};
  }
}

/** The config that was found, for people. */
export function shownConfig({ file, origin }: LoadedConfig, cwd: string): string {
  return origin === 'example' ? 'the bundled example (no config file was found)' : shownFile(file, cwd);
}

/** A file's name for people: relative when it is below the working directory. */
export function shownFile(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path === '' || path.startsWith('..') ? file : path;
}

export function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
