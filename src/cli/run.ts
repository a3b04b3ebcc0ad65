import { version } from '../terminal.js';
import { check } from './check.js';
import { compile } from './compile.js';
import type { Answer, CliCommand, Surroundings } from './command.js';
import { doctor } from './doctor.js';
import { init } from './init.js';
import { OPTION_HELP, readOptions } from './options.js';
import { plan } from './plan.js';
import { print } from './print.js';
import { reload } from './reload.js';
import { scale } from './scale.js';
import { schema } from './schema.js';
import { status } from './status.js';

const COMMANDS: Readonly<Record<string, CliCommand>> = {
  check,
  print,
  plan,
  schema,
  init,
  compile,
  doctor,
  status,
  reload,
  scale,
};

/** Runs one command of the tool (design 1). */
export async function runCli([name, ...words]: readonly string[], surroundings: Surroundings): Promise<Answer> {
  if (name === '--help' || name === '-h') return { code: 0, out: usage() };
  if (name === '--version') return { code: 0, out: version() };
  if (name === undefined) return refused(usage());
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return refused(`eggcup: unknown command "${name}"\n${usage()}`);
  if (words.includes('--help') || words.includes('-h')) return { code: 0, out: usageOf(name, command) };
  const given = readOptions(words, command.options, command.operand);
  if (typeof given === 'string') return refused(`eggcup ${name}: ${given}; see eggcup ${name} --help`);
  return command.run(given, surroundings);
}

function refused(why: string): Answer {
  return { code: 78, err: why };
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)}${summary}`);
  return [
    'usage: eggcup COMMAND [OPTION…]',
    '',
    ...lines,
    '',
    '  COMMAND --help, --help, --version',
    '',
    'The cluster itself is started by `node dist/entry.js` (eggcup-entry).',
  ].join('\n');
}

function usageOf(name: string, { summary, operand, options, optionHelp }: CliCommand): string {
  const help = options.map((option) => {
    const [written, meaning] = OPTION_HELP[option];
    return [written, optionHelp?.[option] ?? meaning] as const;
  });
  const head = [
    'usage: eggcup',
    name,
    ...(operand === undefined ? [] : [operand]),
    ...help.map(([written]) => `[${written}]`),
  ].join(' ');
  return [head, '', summary, ...(help.length > 0 ? [''] : []), ...help.map(([a, b]) => `  ${a.padEnd(20)}${b}`)].join(
    '\n',
  );
}
