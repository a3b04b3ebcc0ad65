import type { LoadedConfig } from './load.js';
import { formatSticky, type Sticky } from '../sticky/mode.js';
import { MASK, maskedConfig } from './mask.js';
import { type Config, schema } from './schema.js';
import { keysOf, shapeOf } from './schema-shape.js';

/**
 * What a changed setting asks for while the cluster runs: `live` holds at once; `size` is a new plan (how many workers, how much
 * heap); `workers`, `agent` and `processes` (both) hold for processes that are started from now on; `container` is fixed for
 * this container's life.
 */
export type Effect = 'live' | 'size' | 'workers' | 'agent' | 'processes' | 'container';

/** By the beginning of the key; the longest one counts. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  apiVersion: 'live',
  app: 'processes',
  'app.args': 'workers',
  'app.ready': 'workers',
  'app.https': 'workers',
  // Who listens elsewhere is no successor: the Service, the port check and `ready` go by the first address.
  'app.framework': 'container',
  'app.port': 'container',
  'app.hostname': 'container',
  'app.unixSocket': 'container',
  agent: 'agent',
  'agent.enabled': 'container',
  workers: 'size',
  'workers.standby': 'size', // It takes memory from the others.
  'workers.recycle': 'live',
  'workers.recycle.maxRequests': 'workers', // They count by themselves.
  'workers.followQuota': 'live',
  listen: 'container',
  startup: 'live',
  health: 'live',
  'health.dir': 'container',
  'health.workerTimeout': 'workers', // They beat by themselves.
  'health.http': 'container',
  reload: 'live',
  restart: 'container', // cfork is told once.
  'restart.backoff': 'live',
  shutdown: 'live',
  'log.level': 'live',
  'log.format': 'container',
  control: 'container',
  terminationLog: 'container',
};

export interface Change {
  /** The key: `workers.count`. */
  readonly key: string;
  /** Secrets masked; of a program's variables those that have changed, all masked. */
  readonly from: unknown;
  readonly to: unknown;
  readonly effect: Effect;
}

/** What a config that was read again has changed, in the order of the schema. */
export function changesBetween(before: LoadedConfig, after: LoadedConfig): readonly Change[] {
  const [shownBefore, shownAfter] = [maskedConfig(before), maskedConfig(after)];
  return leafKeys().flatMap((path): readonly Change[] => {
    if (isSame(at(before.config, path), at(after.config, path))) return [];
    const key = path.join('.');
    const [from, to] = DICTIONARIES.has(key)
      ? changedNames(at(before.config, path), at(after.config, path))
      : [shown(key, at(shownBefore, path)), shown(key, at(shownAfter, path))];
    // A script in the place of a framework, an agent where there was none: another kind of cluster.
    const isOtherKind = key.endsWith('.script') && (from === null || to === null);
    return [{ key, from, to, effect: isOtherKind ? 'container' : effectOf(key) }];
  });
}

/** The variables of a program may hold a secret that no schema knows of: their names are told, no values. */
function changedNames(before: unknown, after: unknown): readonly [object, object] {
  const [one, other] = [before, after].map((value) => (isRecord(value) ? value : {})) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const masked = (names: Record<string, unknown>, others: Record<string, unknown>): object =>
    Object.fromEntries(Object.keys(names).flatMap((name) => (names[name] === others[name] ? [] : [[name, MASK]])));
  return [masked(one, other), masked(other, one)];
}

/** As it is written in the file, where a value has been taken apart. */
function shown(key: string, value: unknown): unknown {
  if (key === 'listen.sticky') return formatSticky(value as Sticky);
  return key === 'health.minReady' ? formatMinReady(value as Config['health']['minReady']) : (value ?? null);
}

function formatMinReady({ kind, value }: Config['health']['minReady']): number | string {
  return kind === 'count' ? value : `${Number((value * 100).toPrecision(12))}%`; // 0.29 × 100 is 28.999999999999996.
}

/** The config that can be had without a new container: the rest stays as it was. */
export function reachable(before: Config, after: Config, changes: readonly Change[]): Config {
  const result = structuredClone(after) as Record<string, unknown>;
  for (const { key, effect } of changes)
    if (effect === 'container') put(result, key.split('.'), at(before, key.split('.')));
  return result as unknown as Config;
}

/** Throws for a key that the table does not know: a test asks it for all. */
export function effectOf(key: string): Effect {
  for (let part = key; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
    const effect = EFFECTS[part];
    if (effect !== undefined) return effect;
  }
  throw new Error(`nobody has said what a changed ${key} asks for`);
}

/** All that is not a section. A framework's or a script's variables and files are compared as a whole. */
export function leafKeys(): readonly (readonly string[])[] {
  return keysOf(schema)
    .filter((key) => shapeOf(key.schema).kind !== 'section')
    .map(({ path }) => path);
}

const DICTIONARIES: ReadonlySet<string> = new Set(
  keysOf(schema)
    .filter((key) => shapeOf(key.schema).kind === 'dictionary')
    .map(({ path }) => path.join('.')),
);

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner: unknown, step) => (isRecord(inner) ? inner[step] : undefined), value);
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [step = '', ...rest] = path;
  if (rest.length > 0) {
    const inner = isRecord(target[step]) ? target[step] : {};
    target[step] = inner;
    put(inner, rest, value);
  } else if (value === undefined) Reflect.deleteProperty(target, step);
  else target[step] = value;
}

/** Plain data in the schema's order of keys; the names of a dictionary are the user's, and in theirs. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
