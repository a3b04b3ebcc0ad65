import * as v from 'valibot';
import type { ConfigIssue } from './config-error.js';
import { plainScalar } from './interpret.js';
import type { Path } from './path.js';
import { schema, type Settings } from './schema.js';
import { isSecret, keysOf, optionsOf, schemaAt, unitOf } from './schema-shape.js';
import { nearest } from './suggestion.js';
import { type Entry, find, merge, toValue, type Tree, without } from './tree.js';
import { suggestCpu, suggestDuration, suggestSize } from './units.js';

/** What the schema says about a config. */
export interface Validated {
  /** With the default wherever the value is wrong; `undefined` when that does not help either. */
  readonly settings: Settings | undefined;
  readonly issues: readonly ConfigIssue[];
  /** The wrong values: whatever depends on one of them cannot be judged. */
  readonly wrong: readonly Path[];
}

/** Validates `user` laid over `defaults`. */
export function validate(user: Tree, defaults: Tree): Validated {
  const tree = merge(defaults, user);
  const result = v.safeParse(schema, toValue(tree), { abortPipeEarly: true });
  if (result.success) return { settings: result.output, issues: [], wrong: [] };
  const issues = result.issues.map((issue) => toConfigIssue(issue, tree));
  const wrong = result.issues.map(wrongPart);
  const cleared = wrong.reduce<Tree>((rest, path) => without(rest, path), user);
  const second = v.safeParse(schema, toValue(merge(defaults, cleared)));
  return { settings: second.success ? second.output : undefined, issues, wrong };
}

type Issue = v.InferIssue<typeof schema>;

function toConfigIssue(issue: Issue, tree: Tree): ConfigIssue {
  const path = pathOf(issue);
  const entry = find(tree, path);
  if (entry === undefined) return { origin: find(tree, path.slice(0, -1))?.key, path, message: 'is missing; set it' };
  if (isAboutKey(issue)) return { origin: entry.key, path, message: issue.message };
  const message = issue.message + got(entry, schemaAt(schema, path));
  return { origin: entry.tree.origin, path, message };
}

/** What cannot be used: of a list with a wrong item, or a section without a key that it needs, the whole. */
function wrongPart(issue: Issue): Path {
  const path = pathOf(issue);
  if (isMissingKey(issue)) return path.slice(0, -1);
  const index = path.findIndex((step) => typeof step === 'number');
  return index === -1 ? path : path.slice(0, index);
}

function pathOf(issue: Issue): Path {
  return (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
}

function isMissingKey(issue: Issue): boolean {
  return issue.type === 'strict_object' && issue.input === undefined;
}

function isAboutKey(issue: Issue): boolean {
  return issue.path?.at(-1)?.origin === 'key';
}

/** `, got "fuor" (did you mean "four"?)`, or nothing about a value that is not to be shown. */
function got({ tree }: Entry, wanted: v.GenericSchema | undefined): string {
  if (tree.kind === 'map') return ', got a mapping';
  if (tree.kind === 'list') return ', got a list';
  if (tree.isHidden || (wanted !== undefined && holdsSecrets(wanted))) return '; its value is not shown';
  const shown = tree.value === null ? 'nothing' : show(tree.value);
  const hint = wanted === undefined ? undefined : hintFor(tree.value, tree.text, wanted);
  return `, got ${shown}${hint === undefined ? '' : ` (${hint})`}`;
}

/** Itself, or below it: of `app.https` on one line with its passphrase. */
function holdsSecrets(wanted: v.GenericSchema): boolean {
  return [wanted, ...keysOf(wanted).map((key) => key.schema)].some(isSecret);
}

function show(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const limit = 60;
  return JSON.stringify(value.length > limit ? `${value.slice(0, limit)}…` : value);
}

function hintFor(value: unknown, text: string, wanted: v.GenericSchema): string | undefined {
  if (value === null) return 'leave the key out for its default';
  const unit = unitOf(wanted);
  const meant = nearest(text, optionsOf(wanted)) ?? (unit === undefined ? undefined : SUGGEST[unit](text));
  if (meant !== undefined && meant !== text && v.is(wanted, meant)) return `did you mean "${meant}"?`;
  if (typeof value !== 'string') return v.is(wanted, text) ? `put it in quotes: "${text}"` : undefined;
  return v.is(wanted, plainScalar(value)) ? 'remove the quotes' : undefined;
}

const SUGGEST = { duration: suggestDuration, size: suggestSize, cpu: suggestCpu } as const;
