import { type CommandOptions, defaultOptions, readOption } from './command-options.js';

export const ENTRY_USAGE = `usage: node dist/entry.js [--config FILE]
       node dist/entry.js [OPTION…] [--] COMMAND [ARGUMENT…]

Runs the cluster described by the config file: one agent and app workers, sized from the
container's limits, with health files for Kubernetes.

  --config FILE   else $EGGCUP_CONFIG, else cluster.yaml in the working directory,
                  else /etc/eggcup/cluster.yaml, else the bundled example
  --help, --version

With a command it runs that command instead, as an init does: forwards signals, reaps orphans,
ends with the command's exit code.

  -s              adopt and reap orphans when this is not PID 1  (or TINI_SUBREAPER is set)
  -p SIGNAL       get SIGNAL when the parent dies
  -g              send signals to the command's process group  (or TINI_KILL_PROCESS_GROUP is set)
  -w              warn when an orphan is reaped
  -e CODE         exit with 0 instead of CODE; can be repeated
  -r FROM:TO      forward signal TO for FROM (0: nothing); can be repeated
  -v              say more; can be repeated  (or TINI_VERBOSITY=0…3)`;

export type EntryRequest =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'cluster'; readonly configFile: string | undefined }
  | { readonly kind: 'command'; readonly options: CommandOptions; readonly command: readonly [string, ...string[]] }
  | { readonly kind: 'refused'; readonly why: string };

/** Options stand before the command; the first word that is no option, or all after `--`, is the command. */
export function parseEntryArgs(args: readonly string[], env: NodeJS.ProcessEnv): EntryRequest {
  const options = defaultOptions(env);
  if ('why' in options) return refused(options.why);
  let configFile: string | undefined;
  let forCommand: string | undefined;
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? '';
    if (arg === '--help' || arg === '-h') return { kind: 'help' };
    if (arg === '--version') return { kind: 'version' };
    if (arg === '--' || !arg.startsWith('-')) break;
    if (arg === '--config' || arg.startsWith('--config=')) {
      const isNext = arg === '--config';
      configFile = isNext ? args[index + 1] : arg.slice('--config='.length);
      if (configFile === undefined || configFile === '') return refused('--config needs a file: --config cluster.yaml');
      index += isNext ? 2 : 1;
      continue;
    }
    const read = readOption(arg, args[index + 1], options, env);
    if (typeof read === 'object') return refused(read.why);
    forCommand ??= arg;
    index += read;
  }
  const [program, ...rest] = args.slice(args[index] === '--' ? index + 1 : index);
  if (program !== undefined) {
    if (configFile !== undefined) return refused(`--config is for the cluster; the command "${program}" has none`);
    return { kind: 'command', options, command: [program, ...rest] };
  }
  if (forCommand !== undefined) return refused(`${forCommand} is for running a command, and there is none; see --help`);
  return { kind: 'cluster', configFile };
}

function refused(why: string): EntryRequest {
  return { kind: 'refused', why };
}
