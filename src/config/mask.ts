import type { LoadedConfig } from './load.js';
import type { Path } from './path.js';
import { type Config, schema } from './schema.js';
import { isSecret, schemaAt } from './schema-shape.js';
import { find, type Tree } from './tree.js';

/** What stands in the place of a value that is not shown. */
export const MASK = '***';

/** Whether the value at `path` is not to be shown: the schema calls it secret, or it was read from a file of secrets. */
export function isHidden(path: Path, tree: Tree): boolean {
  const value = find(tree, path)?.tree;
  const wanted = schemaAt(schema, path);
  return (value?.kind === 'scalar' && value.isHidden) || (wanted !== undefined && isSecret(wanted));
}

/** The effective config for people: every text that is not to be shown is masked. */
export function maskedConfig({ config, tree }: LoadedConfig): Config {
  return mask(config, [], tree) as Config;
}

function mask(value: unknown, path: Path, tree: Tree): unknown {
  if (typeof value === 'string') return isHidden(path, tree) ? MASK : value;
  if (Array.isArray(value)) return value.map((item, index) => mask(item, [...path, index], tree));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner, [...path, name], tree)]));
}

/** The texts of a config that are not to be shown, for what is made of them: the longest first. */
export function hiddenTexts(loaded: LoadedConfig): readonly string[] {
  const texts = differing(loaded.config, maskedConfig(loaded)).filter((text) => text !== '');
  return texts.toSorted((one, other) => other.length - one.length);
}

function differing(value: unknown, masked: unknown): readonly string[] {
  if (typeof value === 'string') return value === masked ? [] : [value];
  if (typeof value !== 'object' || value === null || typeof masked !== 'object' || masked === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => differing(inner, Reflect.get(masked, name)));
}
