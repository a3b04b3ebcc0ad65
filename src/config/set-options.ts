import type * as v from 'valibot';
import type { ConfigIssue } from './config-error.js';
import { formatPath } from './path.js';
import { type Key, keysOf, shapeOf } from './schema-shape.js';
import { type Layer, layerOf, type Setting } from './settings.js';
import { nearest } from './suggestion.js';

/** Reads `--set workers.count=4` and the like. In the order of the command line: the last one for a key counts. */
export function readSetOptions(words: readonly string[], schema: v.GenericSchema): Layer {
  const keys = keysOf(schema);
  const issues: ConfigIssue[] = [];
  const settings: Setting[] = [];
  for (const word of words) {
    const end = word.indexOf('=');
    const name = end === -1 ? word : word.slice(0, end);
    const target = findTarget(name, keys);
    const refuse = (message: string): unknown => issues.push({ origin: ORIGIN, path: name.split('.'), message });
    if (end === -1) refuse('needs a value: --set KEY=VALUE');
    else if (target === undefined) refuse(unknown(name, keys));
    else settings.push({ ...target, text: word.slice(end + 1), origin: ORIGIN });
  }
  const layer = layerOf(settings);
  return { tree: layer.tree, issues: [...issues, ...layer.issues] };
}

const ORIGIN = { kind: 'option', name: '--set' } as const;

function findTarget(name: string, keys: readonly Key[]): Pick<Setting, 'path' | 'kind'> | undefined {
  const key = keys.find(({ path }) => formatPath(path) === name);
  if (key !== undefined) return { path: key.path, kind: shapeOf(key.schema).kind };
  // `app.env.NAME`: what follows the map's own name is a key of it, exactly as given.
  const map = keys.find(
    ({ path, schema }) => shapeOf(schema).kind === 'dictionary' && name.startsWith(`${formatPath(path)}.`),
  );
  const entry = map === undefined ? '' : name.slice(formatPath(map.path).length + 1);
  return map === undefined || entry === '' ? undefined : { path: [...map.path, entry], kind: 'text' };
}

function unknown(name: string, keys: readonly Key[]): string {
  const paths = keys.map(({ path }) => formatPath(path));
  const namesake = paths.find((path) => path.split('.').at(-1) === name.split('.').at(-1));
  const meant = nearest(name, paths) ?? namesake;
  return `is not a key of the config${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}
