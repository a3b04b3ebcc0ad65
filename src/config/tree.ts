import type { Origin } from './origin.js';
import type { Path } from './path.js';

export type ScalarValue = string | number | boolean | null;

/** A value and where each part of it comes from: what YAML, variables and defaults are turned into before validation. */
export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  /** As it was written: `1.10` where the value is 1.1. */
  readonly text: string;
  readonly origin: Origin;
  /** The value was read from a file of secrets, and is not to be shown. */
  readonly isHidden: boolean;
}

export interface ListTree {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly origin: Origin;
}

export interface MapTree {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origin: Origin;
}

export interface Entry {
  /** Where the key stands, as opposed to its value. */
  readonly key: Origin;
  readonly tree: Tree;
}

export function scalar(value: ScalarValue, origin: Origin): ScalarTree {
  return { kind: 'scalar', value, text: String(value), origin, isHidden: false };
}

/** A mapping of mappings that ends in `tree`, as if `path` had been written out. */
export function wrap(tree: Tree, path: readonly string[]): Tree {
  return path.reduceRight<Tree>(
    (inner, name) => ({
      kind: 'map',
      entries: new Map([[name, { key: tree.origin, tree: inner }]]),
      origin: tree.origin,
    }),
    tree,
  );
}

/** `upper` laid over `lower`: mappings are merged key by key, one without content is as if left out, everything else is replaced. */
export function merge(lower: Tree, upper: Tree): Tree {
  if (lower.kind === 'map' && upper.kind === 'scalar' && upper.value === null) return lower;
  if (lower.kind !== 'map' || upper.kind !== 'map') return upper;
  const entries = new Map(lower.entries);
  for (const [name, entry] of upper.entries) {
    const below = entries.get(name);
    entries.set(name, below === undefined ? entry : { ...entry, tree: merge(below.tree, entry.tree) });
  }
  return { ...upper, entries };
}

/** What stands at `path`, if anything does. */
export function find(tree: Tree, path: Path): Entry | undefined {
  let found: Entry | undefined = { key: tree.origin, tree };
  for (const step of path) found = found === undefined ? undefined : child(found.tree, step);
  return found;
}

/** The tree without what stands at `path`, which leads through mappings only. */
export function without(tree: Tree, path: Path): Tree {
  const [step, ...rest] = path;
  const entry = tree.kind === 'map' && typeof step === 'string' ? tree.entries.get(step) : undefined;
  if (tree.kind !== 'map' || typeof step !== 'string' || entry === undefined) return tree;
  const entries = new Map(tree.entries);
  if (rest.length > 0) entries.set(step, { ...entry, tree: without(entry.tree, rest) });
  else entries.delete(step);
  return { ...tree, entries };
}

/** The bare value, for the schema to validate. */
export function toValue(tree: Tree): unknown {
  switch (tree.kind) {
    case 'scalar':
      return tree.value;
    case 'list':
      return tree.items.map(toValue);
    case 'map':
      return Object.fromEntries([...tree.entries].map(([name, entry]) => [name, toValue(entry.tree)]));
  }
}

function child(tree: Tree, step: string | number): Entry | undefined {
  if (tree.kind === 'map' && typeof step === 'string') return tree.entries.get(step);
  if (tree.kind !== 'list' || typeof step !== 'number') return undefined;
  const item = tree.items[step];
  return item === undefined ? undefined : { key: item.origin, tree: item };
}
