import type * as v from 'valibot';
import { defaultOf, keysOf, shapeOf } from './schema-shape.js';
import { merge, scalar, type Tree, wrap } from './tree.js';

/** The schema's defaults as a tree, not yet interpolated: some of them name a variable. */
export function defaultsTree(schema: v.GenericSchema): Tree {
  return keysOf(schema).reduce<Tree>((tree, { path, schema: inner }) => {
    const value = defaultOf(inner);
    // A section's default, {}, is only there for its keys to have theirs.
    if (value === undefined || shapeOf(inner).kind === 'section') return tree;
    return merge(tree, wrap(defaultTree(value), path));
  }, empty());
}

function defaultTree(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(defaultTree), origin: { kind: 'default' } };
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return scalar(value, { kind: 'default' });
  return empty();
}

function empty(): Tree {
  return { kind: 'map', entries: new Map(), origin: { kind: 'default' } };
}
