import { stringify } from 'yaml';
import type { LoadedConfig } from '../config/load.js';
import { isHidden, MASK } from '../config/mask.js';
import { formatOrigin, type Origin } from '../config/origin.js';
import { formatPath, type Path } from '../config/path.js';
import type { Tree } from '../config/tree.js';
import { type Answer, answerFaults, type CliCommand, loadGiven, toJson } from './command.js';

/**
 * `eggcup print`: the effective config, each value with its origin. As text it is a config file again, with the same
 * meaning but for secrets, which are masked; as JSON `{ file, config, origins: { 'app.port': 'cluster.yaml:3:9' } }`.
 */
export const print: CliCommand = {
  summary: 'prints the effective config and where each value comes from; secrets are masked',
  options: ['config', 'set', 'format'],
  run(given, surroundings): Answer {
    try {
      const loaded = loadGiven(given, surroundings);
      const values = valuesOf(loaded, loaded.tree, []);
      return { code: 0, out: given.format === 'json' ? asJson(loaded.file, values) : asYaml(loaded, values) };
    } catch (error) {
      return answerFaults(error, given.format);
    }
  },
};

/** A value that is not a section, where it stands. */
interface Value {
  readonly path: Path;
  readonly value: unknown;
  readonly origin: Origin;
}

function valuesOf(loaded: LoadedConfig, tree: Tree, path: Path): readonly Value[] {
  if (tree.kind === 'map' && tree.entries.size > 0)
    return [...tree.entries].flatMap(([name, entry]) => valuesOf(loaded, entry.tree, [...path, name]));
  return [{ path, value: shown(loaded, tree, path), origin: tree.origin }];
}

function shown(loaded: LoadedConfig, tree: Tree, path: Path): unknown {
  if (tree.kind === 'map') return {};
  if (tree.kind === 'list') return tree.items.map((item, index) => shown(loaded, item, [...path, index]));
  if (isHidden(path, loaded.tree)) return MASK;
  // A path is shown as it was understood, a duration as it was written.
  const effective = path.reduce<unknown>((value, step) => property(value, step), loaded.config);
  return typeof effective === 'string' ? effective : tree.value;
}

function property(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}

function asJson(file: string, values: readonly Value[]): string {
  const config = {};
  for (const { path, value } of values) place(config, path, value);
  const origins = Object.fromEntries(values.map(({ path, origin }) => [formatPath(path), formatOrigin(origin)]));
  return toJson({ file, config, origins });
}

function place(target: object, [step, ...rest]: Path, value: unknown): void {
  if (step === undefined) return;
  if (rest.length === 0) Reflect.set(target, step, value);
  else {
    const inner: unknown = Reflect.get(target, step);
    const section = typeof inner === 'object' && inner !== null ? inner : {};
    Reflect.set(target, step, section);
    place(section, rest, value);
  }
}

function asYaml({ file, origin }: LoadedConfig, values: readonly Value[]): string {
  const lines = values.flatMap((value, index) => linesOf(value, values[index - 1]?.path ?? []));
  const width = Math.min(60, Math.max(...lines.map(({ text }) => text.length)));
  const body = lines.map(({ text, comment }) => (comment === undefined ? text : `${text.padEnd(width)}  # ${comment}`));
  const found = origin === 'example' ? `${file}, the bundled example: no config file was found` : file;
  return [`# the effective config of ${found}`, ...body].join('\n');
}

interface Line {
  readonly text: string;
  readonly comment?: string;
}

/** The value's own line, after those of the sections that it is the first in. */
function linesOf({ path, value, origin }: Value, previous: Path): readonly Line[] {
  const shared = path.findIndex((step, index) => step !== previous[index]);
  return path.slice(shared).map((step, index) => {
    const depth = shared + index;
    const text = `${'  '.repeat(depth)}${scalarText(step)}:`;
    if (depth < path.length - 1) return { text };
    return { text: `${text} ${flow(value)}`, comment: formatOrigin(origin) };
  });
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => quoted(escaped(item))).join(', ')}]`;
  return typeof value === 'object' ? '{}' : scalarText(escaped(value));
}

/** So that it is not replaced again. */
function escaped(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/\$(?=[${])/g, '$$$$') : value;
}

/** On one line, and such that nothing of it is invisible. */
function scalarText(value: unknown): string {
  const plain = stringify(value, { lineWidth: 0 }).slice(0, -'\n'.length);
  return plain.includes('\n') || plain.search(INVISIBLE) >= 0 ? quoted(value) : plain;
}

/** Of JSON's strings each is one of YAML's too. */
function quoted(value: unknown): string {
  return JSON.stringify(value).replaceAll(INVISIBLE, escapeOf);
}

/** Spaces of other kinds, marks of direction and the like. */
const INVISIBLE = /(?! )[\p{Z}\p{C}]/gu;

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
