import * as v from 'valibot';
import { schema } from '../config/schema.js';
import { defaultOf, schemaAt } from '../config/schema-shape.js';
import type { Found } from './look-at-folder.js';

/**
 * A commented cluster.yaml: what was found is set, what people change most stands below it with its default, as a
 * comment. The explanations are the schema's. `schemaFile` is where an editor finds the JSON Schema.
 */
export function starterConfig(found: Found, schemaFile: string): string {
  const { app, baseDir, agent, port, workers, sticky, timeout, require, nodeOptions, args, env, toldBy } = found;
  const first: Readonly<Record<string, Found['port']>> = { workers, startup: timeout };
  return [
    `# yaml-language-server: $schema=${schemaFile}`,
    '# What is commented out has the value that stands there. All keys: eggcup schema, docs/configuration.md.',
    'apiVersion: eggcup/v1',
    '',
    ...explanation(['app'], ''),
    'app:',
    ...set(['app', app.kind], scalar(app.value), app.from),
    ...setIf(['app', 'baseDir'], baseDir),
    ...(port === undefined
      ? unset(['app', 'port'], '3000', 'for example; there is no default')
      : setIf(['app', 'port'], port)),
    ...(require.length === 0 ? [] : set(['app', 'require'], flow(require), toldBy)),
    ...(nodeOptions.length === 0 ? [] : set(['app', 'nodeOptions'], flow(nodeOptions), toldBy)),
    ...(args.length === 0 ? [] : set(['app', 'args'], flow(args), toldBy)),
    ...(Object.keys(env).length === 0 ? [] : set(['app', 'env'], dictionary(env), toldBy)),
    ...(agent === undefined
      ? []
      : ['', ...explanation(['agent'], ''), 'agent:', ...set(['agent', 'script'], scalar(agent.value), agent.from)]),
    ...(sticky === undefined
      ? []
      : ['', ...explanation(['listen'], ''), 'listen:', ...setIf(['listen', 'sticky'], sticky)]),
    ...Object.entries(OFTEN_CHANGED).flatMap(([name, keys]) => sectionOf(name, keys, first[name])),
    '',
  ].join('\n');
}

/** What operators set first, by section. */
const OFTEN_CHANGED: Readonly<Record<string, readonly string[]>> = {
  workers: ['count', 'memoryPerWorker', 'heap'],
  startup: ['timeout'],
  health: ['dir', 'minReady'],
  restart: ['limit', 'duration'],
  shutdown: ['delay', 'app', 'agent', 'grace'],
  log: ['level', 'format'],
};

/** `first` is what was found for the first of the keys. */
function sectionOf(name: string, keys: readonly string[], first?: Found['workers']): readonly string[] {
  const lines = keys.flatMap((key, index) =>
    first !== undefined && index === 0
      ? setIf([name, key], first)
      : unset([name, key], String(defaultOf(at([name, key])))),
  );
  return ['', ...explanation([name], ''), first === undefined ? `# ${name}:` : `${name}:`, ...lines];
}

function setIf(path: readonly string[], clue: Found['port']): readonly string[] {
  return clue === undefined ? [] : set(path, scalar(clue.value), clue.from);
}

function set(path: readonly string[], value: string, from: string): readonly string[] {
  return [...explanation(path, '  '), `  ${path.at(-1)}: ${value}  # from ${from}`];
}

function unset(path: readonly string[], value: string, remark?: string): readonly string[] {
  const line = `#   ${path.at(-1)}: ${scalar(value)}`;
  return [...explanation(path, '  '), remark === undefined ? line : `${line}  # ${remark}`];
}

/** In quotes where YAML might see something else in it. */
function scalar(text: string): string {
  return /^[\w./@][\w./@-]*$/.test(text) ? text : JSON.stringify(text);
}

function flow(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}

function dictionary(values: Readonly<Record<string, string>>): string {
  return `{ ${Object.entries(values)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ')} }`;
}

const WIDTH = 100;

function explanation(path: readonly string[], indent: string): readonly string[] {
  const lines: string[] = [];
  for (const word of (v.getDescription(at(path)) ?? '').split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(`${indent}# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function at(path: readonly string[]): v.GenericSchema {
  const found = schemaAt(schema, path);
  if (found === undefined) throw new Error(`the schema has no ${path.join('.')}`);
  return found;
}
