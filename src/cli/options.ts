import { parseArgs } from 'node:util';

/** What a command was given. */
export interface Given {
  readonly config: string | undefined;
  readonly set: readonly string[];
  readonly format: 'text' | 'json';
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
}

export type OptionName = keyof Given;

/** How each option is written, and what for. */
export const OPTION_HELP: Readonly<Record<OptionName, readonly [string, string]>> = {
  config: ['--config FILE', 'else $EGGCUP_CONFIG, cluster.yaml here, /etc/eggcup/cluster.yaml, the bundled example'],
  set: ['--set KEY=VALUE', 'sets a key of the config; can be repeated'],
  format: ['--format text|json', 'for people or for programs'],
  cpu: ['--cpu 1500m', 'as under this CPU quota'],
  memory: ['--memory 1Gi', 'as under this memory limit'],
};

/** Reads a command's options. A text is the fault, with its remedy. */
export function readOptions(words: readonly string[], known: readonly OptionName[]): Given | string {
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(known.map((name) => [name, { type: 'string', multiple: true }] as const)),
    strict: false,
    tokens: true,
  });
  const values: Partial<Record<OptionName, string[]>> = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') return `unexpected word "${token.value}"`;
    const name = known.find((candidate) => candidate === token.name);
    if (name === undefined) return `unknown option "${token.rawName}"`;
    // Of `--config --format json` parseArgs makes a file with that name.
    const isNext = token.value === undefined || (!token.inlineValue && token.value.startsWith('--'));
    if (isNext || token.value === '') return `${token.rawName} needs a value: ${OPTION_HELP[name][0]}`;
    values[name] = [...(values[name] ?? []), token.value ?? ''];
  }
  const format = values.format?.at(-1) ?? 'text';
  if (format !== 'text' && format !== 'json') return `--format must be text or json, got "${format}"`;
  return {
    config: values.config?.at(-1),
    set: values.set ?? [],
    format,
    cpu: values.cpu?.at(-1),
    memory: values.memory?.at(-1),
  };
}
