import * as v from 'valibot';

/** What a schema asks for, as far as it matters to somebody who walks through it along a config. */
export type Shape =
  | { readonly kind: 'section'; readonly entries: ReadonlyMap<string, v.GenericSchema> }
  | { readonly kind: 'dictionary'; readonly value: v.GenericSchema }
  | { readonly kind: 'list'; readonly item: v.GenericSchema }
  | { readonly kind: 'text' }
  | { readonly kind: 'typed' };

/** A schema does not change, and is walked through several times for each config. */
const shapes = new WeakMap<v.GenericSchema, Shape>();
const keys = new WeakMap<v.GenericSchema, readonly Key[]>();

/** The shape behind a schema's optional wrapper. */
export function shapeOf(schema: v.GenericSchema): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape = readShape(schema);
  shapes.set(schema, shape);
  return shape;
}

function readShape(schema: v.GenericSchema): Shape {
  const inner = unwrap(schema);
  if ('entries' in inner) return { kind: 'section', entries: schemasIn(inner.entries) };
  if (inner.type === 'record' && 'value' in inner && isSchema(inner.value))
    return { kind: 'dictionary', value: inner.value };
  if ('item' in inner && isSchema(inner.item)) return { kind: 'list', item: inner.item };
  return { kind: inner.type === 'string' ? 'text' : 'typed' };
}

/** A key of the schema, with its path. */
export interface Key {
  readonly path: readonly string[];
  readonly schema: v.GenericSchema;
}

/** Every key below `schema`, sections before what is in them. */
export function keysOf(schema: v.GenericSchema): readonly Key[] {
  const known = keys.get(schema);
  if (known !== undefined) return known;
  const found: Key[] = [];
  addKeys(schema, [], found);
  keys.set(schema, found);
  return found;
}

function addKeys(schema: v.GenericSchema, path: readonly string[], found: Key[]): void {
  const shape = shapeOf(schema);
  if (shape.kind !== 'section') return;
  for (const [name, inner] of shape.entries) {
    const key = { path: [...path, name], schema: inner };
    found.push(key);
    addKeys(inner, key.path, found);
  }
}

/** The schema of what stands at `path`; that of a list's items at any index. */
export function schemaAt(schema: v.GenericSchema, path: readonly (string | number)[]): v.GenericSchema | undefined {
  let found: v.GenericSchema | undefined = schema;
  for (const step of path) found = found === undefined ? undefined : childOf(shapeOf(found), step);
  return found;
}

/** The default of a key as it would be written, or `undefined`. */
export function defaultOf(schema: v.GenericSchema): unknown {
  return v.getDefault(schema);
}

export function isSecret(schema: v.GenericSchema): boolean {
  return v.getMetadata(unwrap(schema))['secret'] === true;
}

/** The fixed words that a value may be, as `auto`. */
export function optionsOf(schema: v.GenericSchema): readonly string[] {
  const inner = unwrap(schema);
  if ('literal' in inner) return typeof inner.literal === 'string' ? [inner.literal] : [];
  if (!('options' in inner) || !Array.isArray(inner.options)) return [];
  return inner.options.flatMap((option: unknown) => {
    if (isSchema(option)) return optionsOf(option);
    return typeof option === 'string' ? [option] : [];
  });
}

/** What a value, or one of its alternatives, is measured in. */
export function unitOf(schema: v.GenericSchema): 'duration' | 'size' | 'cpu' | undefined {
  const inner = unwrap(schema);
  const unit = v.getMetadata(inner)['unit'];
  if (unit === 'duration' || unit === 'size' || unit === 'cpu') return unit;
  if (!('options' in inner) || !Array.isArray(inner.options)) return undefined;
  return inner.options
    .filter(isSchema)
    .map(unitOf)
    .find((found) => found !== undefined);
}

function childOf(shape: Shape, step: string | number): v.GenericSchema | undefined {
  switch (shape.kind) {
    case 'section':
      return shape.entries.get(String(step));
    case 'dictionary':
      return shape.value;
    case 'list':
      return shape.item;
    case 'text':
    case 'typed':
      return undefined;
  }
}

function unwrap(schema: v.GenericSchema): v.GenericSchema {
  return 'wrapped' in schema && isSchema(schema.wrapped) ? unwrap(schema.wrapped) : schema;
}

function schemasIn(entries: unknown): ReadonlyMap<string, v.GenericSchema> {
  const schemas = new Map<string, v.GenericSchema>();
  for (const [name, entry] of Object.entries(entries ?? {})) if (isSchema(entry)) schemas.set(name, entry);
  return schemas;
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';
}
