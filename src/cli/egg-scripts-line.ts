import { assignmentsIn } from './assignments.js';
import { commandsOf, type Word, wordsOf } from './shell-words.js';

/** What `egg-scripts start` is told that a config has a word for. Each as a config writes it. */
export interface EggStart {
  readonly baseDir: string | undefined;
  readonly framework: string | undefined;
  readonly port: string | undefined;
  readonly workers: string | undefined;
  /** `--env` is EGG_SERVER_ENV. */
  readonly env: Readonly<Record<string, string>>;
  readonly require: readonly string[];
  readonly isSticky: boolean;
  /** What is for a server without a container: `--daemon`, `--title`, files for its output. */
  readonly left: readonly string[];
}

/** Options of egg-scripts that take a value; all others are switches, or stand with a `=`. */
const TAKES_A_VALUE = new Set([
  'port',
  'workers',
  'env',
  'framework',
  'require',
  'title',
  'stdout',
  'stderr',
  'timeout',
  'node',
]);
const SHORT: Readonly<Record<string, string>> = { p: 'port', c: 'workers', cluster: 'workers', r: 'require' };

/** The options of `egg-scripts start` (egg-scripts 2 and 3) in a line of a shell; `undefined` where there is no such command. */
export function parseEggScripts(line: string): EggStart | undefined {
  for (const words of commandsOf(line).map((command) => wordsOf(command))) {
    const at = words.findIndex(({ raw }) => /^(?:.*\/)?(?:egg-scripts|eggctl)$/.test(raw));
    if (at !== -1 && words[at + 1]?.raw === 'start') return startOf(words.slice(0, at), words.slice(at + 2));
  }
  return undefined;
}

/** The same from `eggScriptsConfig` of package.json, which the line goes before. */
export function parseEggScriptsConfig(config: Readonly<Record<string, unknown>>): EggStart {
  const words = Object.entries(config).flatMap(([name, value]): readonly Word[] => {
    if (value === false) return [];
    const values = Array.isArray(value) ? value.map(String) : [String(value)];
    if (value === true) return [{ raw: `--${name}`, text: `--${name}` }];
    return values.map((one) => ({ raw: `--${name}=${one}`, text: `--${name}=${one.replaceAll('$', '$$$$')}` }));
  });
  return startOf([], words);
}

interface Option {
  readonly name: string;
  readonly value: string | undefined;
  readonly raw: string;
}

function startOf(before: readonly Word[], words: readonly Word[]): EggStart {
  const set = assignmentsIn(before);
  const { options, others } = optionsOf(words);
  const last = (name: string): Option | undefined => options.findLast((option) => option.name === name);
  const port = portOf(last('port')?.value);
  const workers = numberOf(last('workers')?.value);
  const framework = last('framework')?.value;
  const env = last('env')?.value;
  const sticky = last('sticky');
  const require = options.filter(({ name }) => name === 'require').flatMap(({ value }) => value ?? []);
  const baseDir = others[0]?.text;
  const told = { port, workers, framework, env, sticky, require: require[0] };
  const kept = new Set(Object.entries(told).flatMap(([name, value]) => (value === undefined ? [] : [name])));
  return {
    baseDir,
    framework,
    port: port ?? set.port,
    workers,
    env: env === undefined ? set.env : { ...set.env, EGG_SERVER_ENV: env },
    require,
    isSticky: sticky !== undefined && sticky.value !== 'false',
    left: [
      ...set.left,
      ...options.filter(({ name }) => !kept.has(name)),
      ...others.slice(baseDir === undefined ? 0 : 1),
    ].map(({ raw }) => raw),
  };
}

function optionsOf(words: readonly Word[]): { readonly options: readonly Option[]; readonly others: readonly Word[] } {
  const options: Option[] = [];
  const others: Word[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    const [, given = '', attached] = /^--?([\w-]+)(?:=([^]*))?$/.exec(word?.text ?? word?.raw ?? '') ?? [];
    if (word === undefined) break;
    if (given === '') {
      others.push(word);
      continue;
    }
    const name = SHORT[given] ?? given;
    const next = attached === undefined && TAKES_A_VALUE.has(name) ? words[(index += 1)] : undefined;
    const value = word.text === undefined ? undefined : (attached ?? next?.text);
    options.push({ name, value, raw: next === undefined ? word.raw : `${word.raw} ${next.raw}` });
  }
  return { options, others };
}

function numberOf(value: string | undefined): string | undefined {
  return value !== undefined && /^[1-9]\d*$/.test(value) ? value : undefined;
}

/** A shell puts in what is there; egg's own default stands in for nothing. */
function portOf(value: string | undefined): string | undefined {
  return value === '${PORT:-}' ? '${PORT:-7001}' : numberOf(value);
}
