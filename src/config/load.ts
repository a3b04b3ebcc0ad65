import { dirname, resolve } from 'node:path';
import { type Finding, findContradictions } from './combinations.js';
import { ConfigError, type ConfigIssue } from './config-error.js';
import { defaultsTree } from './defaults.js';
import { interpret, type Interpreted } from './interpret.js';
import { type ConfigFile, type ConfigOrigin, type ConfigRequest, readConfigFile } from './locate.js';
import { isHidden } from './mask.js';
import type { Origin } from './origin.js';
import type { Path } from './path.js';
import { readText, START_PATIENCE_MS } from './read-text.js';
import { resolvePaths } from './resolve.js';
import { type Config, schema } from './schema.js';
import { readSetOptions } from './set-options.js';
import { find, merge, type Tree } from './tree.js';
import { validate } from './validate.js';
import { readVariables } from './variables.js';
import { parseYaml } from './yaml-tree.js';

export type { ConfigRequest } from './locate.js';

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly file: string;
  readonly origin: ConfigOrigin;
  /** The effective values as they were written, each with where it comes from. */
  readonly tree: Tree;
}

/** The effective config: default < file < variable < command line. Throws a `ConfigError` that names everything that is wrong. */
export function loadConfig(request: ConfigRequest): LoadedConfig {
  const patience = request.isRunning === true ? undefined : { leftMs: START_PATIENCE_MS };
  const source = readConfigFile(request, patience);
  const folder = dirname(source.file);
  const sources = {
    variable: (name: string) => request.env[name],
    file: (path: string) => readText(resolve(folder, path), patience),
  };

  const { tree: written, issues: unreadable } = parseConfigFile(source);
  const variables = readVariables(request.env, schema);
  const options = readSetOptions(request.set ?? [], schema);
  const defaults = interpret(defaultsTree(schema), schema, {
    ...sources,
    variable: (name) => ownVariable(name, request),
  });
  const user = interpret(merge(merge(written, variables.tree), options.tree), schema, sources);
  const { settings, wrong, issues } = validate(user.tree, defaults.tree);

  const tree = merge(defaults.tree, user.tree);
  const outside = [...variables.issues, ...options.issues];
  const known = [...unreadable, ...outside, ...defaults.issues, ...user.issues, ...issues];
  const missing = [...wrong, ...[...unreadable, ...user.issues].map((issue) => issue.path)];
  const resolved = settings === undefined ? undefined : resolvePaths(settings, folder);
  const findings = settings === undefined ? [] : [...findContradictions(settings), ...(resolved?.findings ?? [])];
  const judged = findings.filter(
    (finding) => !finding.paths.some((path) => missing.some((other) => isAbove(other, path))),
  );
  const all = [...known, ...judged.map((finding) => toIssue(finding, tree, written.origin))];
  if (all.length > 0 || resolved === undefined) throw new ConfigError(all, whereToTell(tree, folder));
  return { config: resolved.config, file: source.file, origin: source.origin, tree };
}

/** The folder in `$EGGCUP_HEALTH_DIR` is that of the probes, of `eggcup status` and of the rest too, who know of no config file. */
function ownVariable(name: string, { env, cwd }: ConfigRequest): string | undefined {
  const value = env[name];
  return name === 'EGGCUP_HEALTH_DIR' && value ? resolve(cwd, value) : value;
}

function parseConfigFile({ text, label }: ConfigFile): Interpreted {
  const originAt = (line: number, column: number): Origin => ({ kind: 'file', file: label, line, column });
  const { tree, issues } = parseYaml(text, originAt);
  if (tree === undefined && issues.length > 0) throw new ConfigError(issues);
  if (tree === undefined) throw wholeFile('the file is empty; it must set at least app.framework or app.script');
  if (tree.kind !== 'map') throw wholeFile('a config is a mapping of keys such as "app:" and "workers:"');
  return { tree, issues };

  function wholeFile(message: string): ConfigError {
    return new ConfigError([{ origin: tree?.origin ?? originAt(1, 1), path: [], message }]);
  }
}

function whereToTell(tree: Tree, folder: string): { readonly terminationLog?: string } {
  const found = find(tree, ['terminationLog'])?.tree;
  if (found?.kind !== 'scalar' || typeof found.value !== 'string') return {};
  return { terminationLog: resolve(folder, found.value) };
}

/** Whether what is wrong at `wrong` makes what stands at `path` unknown. */
function isAbove(wrong: Path, path: Path): boolean {
  return wrong.length <= path.length && wrong.every((step, index) => step === path[index]);
}

/** Placed at the first of its keys that somebody wrote, else at the top of the file. */
function toIssue({ paths, message }: Finding, tree: Tree, file: Origin): ConfigIssue {
  const [path] = paths;
  const origins = paths.map((candidate) => find(tree, candidate)?.tree.origin);
  const origin = origins.find((candidate) => candidate !== undefined && candidate.kind !== 'default');
  return {
    origin: origin ?? file,
    path,
    message: paths.some((one) => isHidden(one, tree)) ? redact(message) : message,
  };
}

/** A finding's message without values: they are in quotes, or numbers. */
function redact(message: string): string {
  return message.replaceAll(/"(?:[^"\\]|\\.)*"|\b\d[\w.]*/g, '(not shown)');
}
