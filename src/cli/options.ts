import { parseArgs } from 'node:util';

/** What a command was given. */
export interface Given {
  readonly config: string | undefined;
  readonly set: readonly string[];
  readonly format: 'text' | 'json';
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly dir: string | undefined;
  readonly socket: string | undefined;
  readonly flags: ReadonlySet<FlagName>;
  /** The word of a command that takes one. */
  readonly operand: string | undefined;
}

/** Options without a value. */
export type FlagName = 'json' | 'watch' | 'no-wait' | 'app';
type ValueName = 'config' | 'set' | 'format' | 'cpu' | 'memory' | 'dir' | 'socket';
export type OptionName = ValueName | FlagName;

const FLAGS: ReadonlySet<string> = new Set<FlagName>(['json', 'watch', 'no-wait', 'app']);

/** How each option is written, and what for. */
export const OPTION_HELP: Readonly<Record<OptionName, readonly [string, string]>> = {
  config: ['--config FILE', 'else $EGGCUP_CONFIG, cluster.yaml here, /etc/eggcup/cluster.yaml, the bundled example'],
  set: ['--set KEY=VALUE', 'sets a key of the config; can be repeated'],
  format: ['--format text|json', 'for people or for programs'],
  cpu: ['--cpu 1500m', 'as under this CPU quota'],
  memory: ['--memory 1Gi', 'as under this memory limit'],
  dir: ['--dir DIR', "the master's health.dir; else $EGGCUP_HEALTH_DIR, else /run/eggcup"],
  socket: ['--socket PATH', 'its control socket, where that is not control.sock in its health.dir'],
  json: ['--json', 'for programs: what status.json has'],
  watch: ['--watch', 'again each second, until Ctrl-C or the master has gone'],
  app: ['--app', 'what the application loads: starts it once, with one worker'],
  'no-wait': ['--no-wait', 'does not wait for the end'],
};

/** Reads a command's options, and the word that it takes, if it does. A text is the fault, with its remedy. */
export function readOptions(
  words: readonly string[],
  known: readonly OptionName[],
  takes: string | undefined,
): Given | string {
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      known.map((name) => [name, { type: isFlag(name) ? 'boolean' : 'string', multiple: true }] as const),
    ),
    strict: false,
    tokens: true,
  });
  const values: Partial<Record<ValueName, string[]>> = {};
  const flags = new Set<FlagName>();
  let operand: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (takes === undefined || operand !== undefined) return `unexpected word "${token.value}"`;
      operand = token.value;
      continue;
    }
    const name = known.find((candidate) => candidate === token.name);
    if (name === undefined) return `unknown option "${token.rawName}"`;
    if (isFlag(name)) {
      if (token.value !== undefined) return `${token.rawName} takes no value`;
      flags.add(name);
      continue;
    }
    // Of `--config --format json` parseArgs makes a file with that name.
    const isNext = token.value === undefined || (!token.inlineValue && token.value.startsWith('--'));
    if (isNext || token.value === '') return `${token.rawName} needs a value: ${OPTION_HELP[name][0]}`;
    values[name] = [...(values[name] ?? []), token.value ?? ''];
  }
  const format = values.format?.at(-1) ?? 'text';
  if (format !== 'text' && format !== 'json') return `--format must be text or json, got "${format}"`;
  if (takes !== undefined && operand === undefined) return `${takes} is missing`;
  return {
    config: values.config?.at(-1),
    set: values.set ?? [],
    format,
    cpu: values.cpu?.at(-1),
    memory: values.memory?.at(-1),
    dir: values.dir?.at(-1),
    socket: values.socket?.at(-1),
    flags,
    operand,
  };
}

function isFlag(name: OptionName): name is FlagName {
  return FLAGS.has(name);
}
