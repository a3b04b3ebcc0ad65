import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { ConfigIssue } from './config-error.js';
import type { Origin } from './origin.js';
import type { Path } from './path.js';
import { type Entry, scalar, type ScalarValue, type Tree } from './tree.js';
import { findTooDeep } from './yaml-nesting.js';

/** What could be read, and what could not. A text without any value has neither a tree nor issues. */
export interface Parsed {
  readonly tree: Tree | undefined;
  readonly issues: readonly ConfigIssue[];
}

/** Where a line and a column (from 1) of the text are, for people. */
export type Locate = (line: number, column: number) => Origin;

/** A config has some seventy keys. Far beyond that, somebody multiplies aliases or nests brackets. */
const MAX_NODES = 10_000;
const MAX_DEPTH = 16;
const NO_TAGS = 'a config needs no tags';
const TOO_DEEP = `nested more than ${MAX_DEPTH} levels deep`;

/** Reads one YAML 1.2 document (core schema), refusing all that has no place in a config. */
export function parseYaml(text: string, locate: Locate): Parsed {
  const lines = new LineCounter();
  const originAt: OriginAt = (offset) => {
    const { line, col } = lines.linePos(offset);
    // An offset in an empty text has no line.
    return locate(Math.max(line, 1), Math.max(col, 1));
  };
  const problem = (offset: number, message: string): ConfigIssue => ({ origin: originAt(offset), path: [], message });
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = findTooDeep(tokens, MAX_DEPTH);
  if (tooDeep !== undefined) return { tree: undefined, issues: [problem(tooDeep, TOO_DEEP)] };
  // Duplicate keys are found here below, where the path and the first of the two are known.
  const options = { prettyErrors: false, schema: 'core', merge: false, uniqueKeys: false } as const;
  // An empty text has one too.
  const [document, second] = new Composer(options).compose(tokens, true, text.length);
  if (document === undefined) throw new Error('yaml has composed no document');
  const issues = [...document.errors, ...document.warnings].map((error) => problem(error.pos[0], explain(error)));
  if (second !== undefined)
    issues.push(problem(second.range[0], 'a second YAML document begins here; a config is only one'));
  const { version } = document.directives.yaml;
  if (version !== '1.2')
    issues.push(problem(0, `%YAML ${version} is another language; a config is YAML 1.2: remove the line`));
  if (issues.length > 0) return { tree: undefined, issues };
  if (document.contents === null) return { tree: undefined, issues: [] };
  const reader = new Reader(document, originAt);
  const tree = reader.read(document.contents, []);
  return { tree: reader.isExhausted ? undefined : tree, issues: reader.issues };
}

type OriginAt = (offset: number) => Origin;

function explain({ code, message }: YAMLError): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is used as indentation; YAML allows only spaces there';
  if (code === 'TAG_RESOLVE_FAILED') return `${message}; ${NO_TAGS}`;
  return `not valid YAML: ${message}`;
}

class Reader {
  readonly issues: ConfigIssue[] = [];
  readonly #document: Document.Parsed;
  readonly #originAt: OriginAt;
  #nodes = 0;

  constructor(document: Document.Parsed, originAt: OriginAt) {
    this.#document = document;
    this.#originAt = originAt;
  }

  /** Whether there was more to read than a config can have; the rest was left. */
  get isExhausted(): boolean {
    return this.#nodes > MAX_NODES;
  }

  read(node: unknown, path: Path, depth = 0): Tree | undefined {
    const origin = this.#originOf(node);
    this.#nodes++;
    // Aliases may grow exponentially, and may be circular.
    if (this.isExhausted) return this.#failOnce(origin, `more than ${MAX_NODES} values, aliases included`);
    if (depth > MAX_DEPTH) return this.#fail(origin, path, TOO_DEEP);
    if (isAlias(node)) return this.#readAlias(node, path, depth, origin);
    const tag = tagOf(node);
    if (tag !== undefined)
      return this.#fail(origin, path, `the tag ${tag} says what the value is to be; ${NO_TAGS}: remove it`);
    if (isMap(node)) return this.#readMap(node, path, depth, origin);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.read(item, [...path, index], depth + 1));
      return { kind: 'list', items: items.filter((item) => item !== undefined), origin };
    }
    const value = isScalar(node) ? node.value : null;
    if (!isScalarValue(value)) return this.#fail(origin, path, 'is neither text nor a number, true, false or null');
    const written = isScalar(node) && node.source !== undefined ? node.source : String(value);
    return { kind: 'scalar', value, text: written, origin, isHidden: false };
  }

  #readAlias(alias: Alias, path: Path, depth: number, origin: Origin): Tree | undefined {
    const target = alias.resolve(this.#document);
    if (target === undefined) return this.#fail(origin, path, `there is no anchor &${alias.source} above this alias`);
    return this.read(target, path, depth + 1);
  }

  #readMap(map: YAMLMap, path: Path, depth: number, origin: Origin): Tree {
    const entries = new Map<string, Entry>();
    for (const pair of map.items) {
      const key = this.#originOf(pair.key);
      const name = this.#nameOf(pair.key);
      const first = name === undefined ? undefined : entries.get(name);
      if (name === undefined) this.#fail(key, path, 'a key must be a plain word');
      else if (name === '<<') this.#fail(key, path, 'merge keys (<<) are not part of YAML 1.2; write the keys out');
      else if (first !== undefined) this.#fail(key, [...path, name], `is set twice, first ${positionOf(first.key)}`);
      else {
        // `{ key }` has no node for its value, but the key tells where it would be.
        const tree = pair.value === null ? scalar(null, key) : this.read(pair.value, [...path, name], depth + 1);
        if (tree !== undefined) entries.set(name, { key, tree });
      }
    }
    return { kind: 'map', entries, origin };
  }

  #nameOf(key: unknown): string | undefined {
    if (isAlias(key)) return this.#nameOf(key.resolve(this.#document));
    return isScalar(key) && tagOf(key) === undefined ? (key.source ?? String(key.value)) : undefined;
  }

  #originOf(node: unknown): Origin {
    return this.#originAt(hasRange(node) ? node.range[0] : 0);
  }

  #fail(origin: Origin, path: Path, message: string): undefined {
    this.issues.push({ origin, path, message });
  }

  #failOnce(origin: Origin, message: string): undefined {
    if (!this.issues.some((issue) => issue.message === message)) this.#fail(origin, [], message);
  }
}

/** As it was written, where one was. */
function tagOf(node: unknown): string | undefined {
  const tag = isNode(node) && !isAlias(node) ? node.tag : undefined;
  return tag?.replace(/^tag:yaml\.org,2002:/, '!!');
}

function positionOf(origin: Origin): string {
  return origin.kind === 'file' ? `in line ${origin.line}` : 'in the same value';
}

function hasRange(node: unknown): node is Node & { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

function isScalarValue(value: unknown): value is ScalarValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
