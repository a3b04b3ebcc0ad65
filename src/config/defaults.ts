import type * as v from 'valibot';
import type { Origin } from './origin.js';
import { defaultOf, shapeOf } from './schema-shape.js';
import { type Entry, scalar, type Tree } from './tree.js';

const ORIGIN: Origin = { kind: 'default' };

/** The schema's defaults as a tree, not yet interpolated: some of them name a variable. */
export function defaultsTree(schema: v.GenericSchema): Tree {
  return defaultsOf(schema) ?? empty();
}

function defaultsOf(schema: v.GenericSchema): Tree | undefined {
  const shape = shapeOf(schema);
  if (shape.kind !== 'section') {
    const value = defaultOf(schema);
    return value === undefined ? undefined : defaultTree(value);
  }
  // A section's own default, {}, is only there for its keys to have theirs.
  const entries = new Map<string, Entry>();
  for (const [name, inner] of shape.entries) {
    const tree = defaultsOf(inner);
    if (tree !== undefined) entries.set(name, { key: ORIGIN, tree });
  }
  return entries.size === 0 ? undefined : { kind: 'map', entries, origin: ORIGIN };
}

function defaultTree(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(defaultTree), origin: ORIGIN };
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return scalar(value, ORIGIN);
  return empty();
}

function empty(): Tree {
  return { kind: 'map', entries: new Map(), origin: ORIGIN };
}
