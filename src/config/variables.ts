import type * as v from 'valibot';
import type { ConfigIssue } from './config-error.js';
import { formatOrigin } from './origin.js';
import { type Key, keysOf, type Shape, shapeOf } from './schema-shape.js';
import { type Layer, layerOf, type Setting } from './settings.js';
import { nearest } from './suggestion.js';

/** Reads `EGGCUP__WORKERS__COUNT=4` and the like, for each key of the schema. */
export function readVariables(env: NodeJS.ProcessEnv, schema: v.GenericSchema): Layer {
  const keys = keysOf(schema);
  const issues: ConfigIssue[] = [];
  const settings: (Setting & Target)[] = [];
  for (const name of Object.keys(env).filter((name) => name.startsWith(PREFIX))) {
    const text = env[name] ?? '';
    const target = findTarget(name, keys);
    const twin = settings.find(({ id }) => id === target?.id);
    if (target === undefined) issues.push(unknown(name, keys));
    else if (twin !== undefined)
      issues.push(variableIssue(name, `sets the same key as ${formatOrigin(twin.origin)}; remove one of them`));
    else settings.push({ ...target, text, origin: { kind: 'variable', name } });
  }
  // Sections before the keys in them, so that the variable that names one key has the last word.
  const layer = layerOf(settings.toSorted((a, b) => a.path.length - b.path.length));
  return { tree: layer.tree, issues: [...issues, ...layer.issues] };
}

const PREFIX = 'EGGCUP__';

interface Target {
  readonly path: readonly string[];
  readonly kind: Shape['kind'];
  /** The same for all spellings of one key. */
  readonly id: string;
}

function findTarget(name: string, keys: readonly Key[]): Target | undefined {
  const segments = name.slice(PREFIX.length).split('__');
  const id = segments.map(normalize).join('.');
  const key = keys.find(({ path }) => path.map(normalize).join('.') === id);
  if (key !== undefined) return { path: key.path, kind: shapeOf(key.schema).kind, id };
  // `EGGCUP__APP__ENV__Name`: what follows the map's own name is a key of it, exactly as given.
  const map = keys.find(
    ({ path, schema }) =>
      shapeOf(schema).kind === 'dictionary' &&
      segments.length > path.length &&
      path.every((step, index) => normalize(step) === normalize(segments[index] ?? '')),
  );
  const entry = segments.slice(map?.path.length).join('__');
  if (map === undefined || entry === '') return undefined;
  const path = [...map.path, entry];
  return { path, kind: 'text', id: path.join('.') };
}

function normalize(segment: string): string {
  return segment.replaceAll('_', '').toLowerCase();
}

function unknown(name: string, keys: readonly Key[]): ConfigIssue {
  const meant = nearest(name, keys.map(variableOf));
  return variableIssue(
    name,
    `is not a variable of the config${meant === undefined ? '' : ` (did you mean ${meant}?)`}`,
  );
}

function variableIssue(name: string, message: string): ConfigIssue {
  return { origin: { kind: 'variable', name }, path: [], message };
}

/** `EGGCUP__WORKERS__MEMORY_PER_WORKER` for `workers.memoryPerWorker`. */
function variableOf({ path }: Key): string {
  return PREFIX + path.map((step) => step.replaceAll(/[A-Z]/g, '_$&').toUpperCase()).join('__');
}
