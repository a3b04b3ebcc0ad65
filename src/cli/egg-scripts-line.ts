import { posix } from 'node:path';
import { assignmentsIn, FOR_DEVELOPERS } from './assignments.js';
import { type Command, commandsOf, literal, type Word, written } from './shell-line.js';

/** What `egg-scripts start` is told that a config has a word for. Each as a config writes it. */
export interface EggStart {
  readonly baseDir: string | undefined;
  readonly framework: string | undefined;
  readonly port: string | undefined;
  readonly workers: string | undefined;
  /** `--env` is EGG_SERVER_ENV. */
  readonly env: Readonly<Record<string, string>>;
  readonly require: readonly string[];
  /** Of `--node-options--NAME=VALUE`. */
  readonly nodeOptions: readonly string[];
  /** Of `--timeout`, which is in milliseconds. */
  readonly timeout: string | undefined;
  readonly sticky: boolean | undefined;
  /** What is for a server without a container: `--daemon`, `--title`, files for its output. */
  readonly left: readonly string[];
}

/** Options of egg-scripts that a config has a word for, but for `require`, `sticky` and those of Node.js. */
const SINGLE = ['framework', 'port', 'workers', 'env', 'timeout'] as const;
const SHORT: Readonly<Record<string, string>> = { p: 'port', c: 'workers', cluster: 'workers', r: 'require' };
/** Of all others the next word is the value, unless it is an option itself (yargs). */
const SWITCHES: ReadonlySet<string> = new Set(['daemon', 'sticky', 'no-sticky', 'ignore-stderr', 'sourcemap', 'ts']);
/** They start what follows them. */
const STARTERS = /^(?:npx|cross-env|exec|(?:.*\/)?node)$/;

/**
 * The options of `egg-scripts start` (egg-scripts 2 and 3) in a line of a shell; `undefined` where there is no such command.
 * A word counts as the application's folder where `isFolder` says that it is one.
 */
export function parseEggScripts(line: string, isFolder: (path: string) => boolean): EggStart | undefined {
  const commands = commandsOf(line);
  for (const command of commands) {
    const { words, folder, exported } = command;
    const at = words.findIndex(({ raw }) => /^(?:.*\/)?(?:egg-scripts|eggctl)$/.test(raw));
    const after = optionsOf(words.slice(at + 1));
    if (at === -1 || after.others.every(({ raw }) => raw !== 'start')) continue;
    const before = words.slice(0, at);
    const others = after.others.filter(({ raw }) => raw !== 'start');
    const isThere = folder !== undefined && isFolder(folder);
    const named = others.find(({ text }) => isThere && text !== undefined && isFolder(posix.join(folder, text)));
    const { baseDir, left, ...told } = startOf([...exported, ...before], after.options);
    return {
      ...told,
      baseDir: !isThere || (named === undefined && folder === '.') ? baseDir : posix.join(folder, named?.text ?? '.'),
      left: [
        ...(isThere ? [] : command.moves),
        ...commands.filter((other) => other !== command).map(written),
        ...unknownAmong(before),
        ...left,
        ...others.filter((word) => word !== named).map(({ raw }) => raw),
        ...command.redirections,
      ],
    };
  }
  return undefined;
}

/** The same from `eggScriptsConfig` of package.json, which the line goes before. What is no text, number or switch is left. */
export function parseEggScriptsConfig(config: unknown): EggStart | undefined {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return undefined;
  const options = Object.entries(config).flatMap(([name, value]: [string, unknown]): readonly Option[] => {
    const values: readonly unknown[] = name === 'require' && Array.isArray(value) ? value : [value];
    return values.map((one) => {
      const raw = `${name}: ${JSON.stringify(one)}`;
      if (typeof one === 'boolean') return { name, value: name === 'sticky' ? String(one) : undefined, raw };
      return {
        name,
        value: typeof one === 'string' || typeof one === 'number' ? literal(String(one)) : undefined,
        raw,
      };
    });
  });
  return startOf([], options);
}

interface Option {
  readonly name: string;
  readonly value: string | undefined;
  readonly raw: string;
}

function startOf(before: readonly Word[], options: readonly Option[]): EggStart {
  const set = assignmentsIn(before);
  const valueOf = (name: string): string | undefined => options.findLast((option) => option.name === name)?.value;
  const single = {
    framework: filledWith(valueOf('framework'), 'egg'),
    port: numberOr(valueOf('port'), '7001'),
    workers: numberOr(valueOf('workers'), 'auto'),
    env: valueOf('env'),
    timeout: millisecondsOf(valueOf('timeout')),
  };
  const stickiness = options.findLast(({ name }) => /^(?:no-)?sticky$/.test(name));
  const isKept = (option: Option): boolean => {
    const { name, value } = option;
    const known = SINGLE.find((one) => one === name);
    if (known !== undefined) return single[known] !== undefined;
    if (name === 'require') return value !== undefined;
    return /^(?:no-)?sticky$/.test(name) || nodeOptionOf(option) !== undefined;
  };
  const { framework, port, workers, env, timeout } = single;
  return {
    baseDir: undefined,
    framework,
    port: port ?? set.port,
    workers,
    env: env === undefined ? set.env : { ...set.env, EGG_SERVER_ENV: env },
    require: options.flatMap(({ name, value }) => (name === 'require' && value !== undefined ? [value] : [])),
    nodeOptions: options.flatMap((option) => nodeOptionOf(option) ?? []),
    timeout,
    sticky: stickiness === undefined ? undefined : stickiness.name === 'sticky' && stickiness.value !== 'false',
    left: [...set.left, ...options.filter((option) => !isKept(option))].map(({ raw }) => raw),
  };
}

/** What stands before the program and neither sets a variable nor starts it. */
function unknownAmong(before: readonly Word[]): readonly string[] {
  return before.flatMap(({ raw }) => (/^[A-Za-z_]\w*=/.test(raw) || STARTERS.test(raw) ? [] : [raw]));
}

function optionsOf(words: Command['words']): { readonly options: readonly Option[]; readonly others: readonly Word[] } {
  const options: Option[] = [];
  const others: Word[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    const [, given = '', attached] = /^--?([\w.-]+)(?:=([^]*))?$/.exec(word?.text ?? word?.raw ?? '') ?? [];
    if (word === undefined) break;
    if (given === '') {
      others.push(word);
      continue;
    }
    const name = SHORT[given] ?? given;
    const next = attached === undefined && isValueOf(name, words[index + 1]) ? words[(index += 1)] : undefined;
    const value = word.text === undefined ? undefined : (attached ?? next?.text);
    options.push({ name, value, raw: next === undefined ? word.raw : `${word.raw} ${next.raw}` });
  }
  return { options, others };
}

function isValueOf(name: string, next: Word | undefined): boolean {
  if (next === undefined || next.raw.startsWith('-') || next.raw === 'start') return false;
  return !SWITCHES.has(name) || /^(?:true|false)$/.test(next.raw);
}

/** As `node` takes it; what is for developers is left, and named. */
function nodeOptionOf({ name, value }: Option): string | undefined {
  const own = /^node-options(--.+)$/.exec(name)?.[1];
  if (own === undefined || FOR_DEVELOPERS.test(own)) return undefined;
  return value === undefined ? own : `${own}=${value}`;
}

function millisecondsOf(value: string | undefined): string | undefined {
  return value !== undefined && /^[1-9]\d{0,8}$/.test(value) ? `${value}ms` : undefined;
}

/** A number, or a variable, for which egg's own default stands in. */
function numberOr(value: string | undefined, usual: string): string | undefined {
  const filled = filledWith(value, usual);
  return filled !== undefined && /^(?:[1-9]\d*|\$\{.*\})$/.test(filled) ? filled : undefined;
}

/** What a shell has nothing for is nothing; a config would refuse that. */
function filledWith(value: string | undefined, usual: string): string | undefined {
  return value?.replace(/^\$\{(\w+):-\}$/, `\${$1:-${usual}}`);
}
