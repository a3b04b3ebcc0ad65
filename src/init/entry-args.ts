import { type CommandOptions, defaultOptions, readOption } from './command-options.js';

export const ENTRY_USAGE = `usage: node dist/entry.js [--config FILE] [--set KEY=VALUE]…
       node dist/entry.js [OPTION…] [--] COMMAND [ARGUMENT…]

Runs the cluster described by the config file: one agent and app workers, sized from the
container's limits, with health files for Kubernetes.

  --config FILE   else $EGGCUP_CONFIG, else cluster.yaml in the working directory,
                  else /etc/eggcup/cluster.yaml, else the bundled example
  --set KEY=VALUE sets a key of the config, as in --set workers.count=4; can be repeated
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
  | { readonly kind: 'cluster'; readonly configFile: string | undefined; readonly set: readonly string[] }
  | { readonly kind: 'command'; readonly options: CommandOptions; readonly command: readonly [string, ...string[]] }
  | { readonly kind: 'refused'; readonly why: string };

/** Options stand before the command; the first word that is no option, or all after `--`, is the command. */
export function parseEntryArgs(args: readonly string[], env: NodeJS.ProcessEnv): EntryRequest {
  const options = defaultOptions(env);
  if ('why' in options) return refused(options.why);
  let configFile: string | undefined;
  const set: string[] = [];
  let forCommand: string | undefined;
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? '';
    if (arg === '--help' || arg === '-h') return { kind: 'help' };
    if (arg === '--version') return { kind: 'version' };
    if (arg === '--' || !arg.startsWith('-')) break;
    const [name = arg, ...attached] = arg.split('=');
    if (name === '--config' || name === '--set') {
      const isNext = attached.length === 0;
      const value = isNext ? args[index + 1] : attached.join('=');
      if (value === undefined || value === '') return refused(NEEDS[name]);
      if (name === '--config') configFile = value;
      else set.push(value);
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
    const [forCluster] = [...(configFile === undefined ? [] : ['--config']), ...(set.length > 0 ? ['--set'] : [])];
    if (forCluster !== undefined) return refused(`${forCluster} is for the cluster; the command "${program}" has none`);
    return { kind: 'command', options, command: [program, ...rest] };
  }
  if (forCommand !== undefined) return refused(`${forCommand} is for running a command, and there is none; see --help`);
  return { kind: 'cluster', configFile, set };
}

const NEEDS = {
  '--config': '--config needs a file: --config cluster.yaml',
  '--set': '--set needs a key and its value: --set workers.count=4',
} as const;

function refused(why: string): EntryRequest {
  return { kind: 'refused', why };
}
