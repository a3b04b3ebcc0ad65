/** Values that come from outside the file, one key at a time. */
import type { ConfigIssue } from './config-error.js';
import { plainScalar } from './interpret.js';
import type { Origin } from './origin.js';
import type { Shape } from './schema-shape.js';
import { merge, scalar, type Tree, wrap } from './tree.js';
import { type Parsed, parseYaml } from './yaml-tree.js';

export interface Setting {
  readonly path: readonly string[];
  readonly kind: Shape['kind'];
  readonly text: string;
  readonly origin: Origin;
}

/** What several of them set, as one tree. */
export interface Layer {
  readonly tree: Tree;
  readonly issues: readonly ConfigIssue[];
}

/** Lays the settings over each other; the last one counts. A list or a section is YAML. */
export function layerOf(settings: readonly Setting[]): Layer {
  const issues: ConfigIssue[] = [];
  const empty: Tree = { kind: 'map', entries: new Map(), origin: { kind: 'default' } };
  const tree = settings.reduce<Tree>((lower, setting) => {
    const parsed = parseSetting(setting);
    issues.push(...parsed.issues);
    return parsed.tree === undefined ? lower : merge(lower, wrap(parsed.tree, setting.path));
  }, empty);
  return { tree, issues };
}

function parseSetting({ text, path, kind, origin }: Setting): Parsed {
  if (kind === 'text') return { tree: scalar(text, origin), issues: [] };
  if (kind === 'typed') return { tree: { ...scalar(plainScalar(text.trim()), origin), text }, issues: [] };
  const parsed = parseYaml(text, () => origin);
  const issues = parsed.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  return { tree: parsed.tree ?? (issues.length === 0 ? scalar(null, origin) : undefined), issues };
}
