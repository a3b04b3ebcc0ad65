import type * as v from 'valibot';
import type { ConfigIssue } from './config-error.js';
import { interpolate, InterpolationError, type Sources } from './interpolate.js';
import type { Origin } from './origin.js';
import { formatPath, type Path } from './path.js';
import { type Key, keysOf, type Shape, shapeOf } from './schema-shape.js';
import { nearest } from './suggestion.js';
import type { Entry, ListTree, MapTree, ScalarTree, ScalarValue, Tree } from './tree.js';

/** What is left of a tree when it has been read along the schema, and what could not be. */
export interface Interpreted {
  readonly tree: Tree;
  readonly issues: readonly ConfigIssue[];
}

/**
 * Reads a tree along the schema: replaces each `${…}`, gives scalars the type that is wanted where they stand, drops
 * sections without content, and takes out what cannot be validated (unknown keys, broken interpolations) as issues.
 */
export function interpret(tree: Tree, schema: v.GenericSchema, sources: Sources): Interpreted {
  const interpreter = new Interpreter(keysOf(schema), sources);
  const read = interpreter.read(tree, schema, []) ?? { kind: 'map', entries: new Map(), origin: tree.origin };
  return { tree: read, issues: interpreter.issues };
}

class Interpreter {
  readonly issues: ConfigIssue[] = [];
  readonly #keys: readonly Key[];
  readonly #sources: Sources;

  constructor(keys: readonly Key[], sources: Sources) {
    this.#keys = keys;
    this.#sources = sources;
  }

  read(tree: Tree, schema: v.GenericSchema, path: Path, isEntry = false): Tree | undefined {
    const shape = shapeOf(schema);
    switch (tree.kind) {
      case 'map':
        return this.#readMap(tree, shape, path);
      case 'list':
        return this.#readList(tree, shape, path);
      case 'scalar':
        // `workers:` with all of its keys commented out says nothing.
        if (tree.value === null && (shape.kind === 'section' || shape.kind === 'dictionary')) return undefined;
        return this.#readScalar(tree, isEntry ? 'written' : shape.kind, path);
    }
  }

  #readMap(map: MapTree, shape: Shape, path: Path): Tree {
    if (shape.kind !== 'section' && shape.kind !== 'dictionary') return map;
    const entries = new Map<string, Entry>();
    for (const [name, entry] of map.entries) {
      const schema = shape.kind === 'section' ? shape.entries.get(name) : shape.value;
      if (schema === undefined) this.#reportUnknown(name, entry.key, shape, path);
      else if (RESERVED.has(name))
        this.issues.push({
          origin: entry.key,
          path: [...path, name],
          message: 'cannot be used as a name; take another',
        });
      else {
        const tree = this.read(entry.tree, schema, [...path, name], shape.kind === 'dictionary');
        if (tree !== undefined) entries.set(name, { ...entry, tree });
      }
    }
    return { ...map, entries };
  }

  #readList(list: ListTree, shape: Shape, path: Path): Tree | undefined {
    // Said here, because a list is an object to valibot: it would complain about the keys.
    if (shape.kind === 'section' || shape.kind === 'dictionary') {
      this.issues.push({ origin: list.origin, path, message: 'must be a mapping, got a list' });
      return undefined;
    }
    if (shape.kind !== 'list') return list;
    const items = list.items.map((item, index) => this.read(item, shape.item, [...path, index]));
    // An item that failed keeps its place, or the ones behind it would be named wrongly.
    return {
      ...list,
      items: items.map((item, index) => item ?? placeholder(list.items[index]?.origin ?? list.origin)),
    };
  }

  #readScalar(scalar: ScalarTree, wanted: 'written' | Shape['kind'], path: Path): Tree | undefined {
    if (wanted === 'written' && scalar.value !== null) return this.#interpolated(scalar, scalar.text, String, path);
    if (typeof scalar.value !== 'string') return scalar;
    return this.#interpolated(scalar, scalar.value, wanted === 'text' ? String : plainScalar, path);
  }

  #interpolated(scalar: ScalarTree, text: string, type: (text: string) => ScalarValue, path: Path): Tree | undefined {
    // What a variable or option holds has been expanded by whoever set it; a passphrase there may well contain a `$`.
    if (!text.includes('$') || scalar.origin.kind === 'variable' || scalar.origin.kind === 'option')
      return type === String ? { ...scalar, value: text } : scalar;
    try {
      const { text: result, variables, isHidden } = interpolate(text, this.#sources);
      const [variable] = variables;
      const isDefault = scalar.origin.kind === 'default' && variable !== undefined;
      const origin: Origin = isDefault ? { kind: 'variable', name: variable } : scalar.origin;
      return { kind: 'scalar', value: type(result), text: result, origin, isHidden };
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      this.issues.push({ origin: scalar.origin, path, message: error.message });
      return undefined;
    }
  }

  #reportUnknown(name: string, origin: Origin, shape: Shape & { kind: 'section' | 'dictionary' }, path: Path): void {
    const siblings = shape.kind === 'section' ? shape.entries.keys() : [];
    // Not `nearest` for the others: a name that is only similar, and in another section, is no help.
    const [namesake] = this.#keys.filter((key) => key.path.at(-1) === name).toSorted(byDepth);
    const meant = nearest(name, siblings) ?? (namesake === undefined ? undefined : formatPath(namesake.path));
    const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
    this.issues.push({ origin, path: [...path, name], message: `is not a key of the config${hint}` });
  }
}

/** What valibot leaves out of a mapping without a word. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function byDepth(a: Key, b: Key): number {
  return a.path.length - b.path.length;
}

/** What plain YAML makes of `text` in the core schema. */
export function plainScalar(text: string): ScalarValue {
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^(?:null|Null|NULL|~)$/.test(text)) return null;
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^0(?:x[\da-fA-F]+|o[0-7]+)$/.test(text)) return Number(text);
  return text;
}

function placeholder(origin: Origin): Tree {
  return { kind: 'scalar', value: '?', text: '?', origin, isHidden: true };
}
