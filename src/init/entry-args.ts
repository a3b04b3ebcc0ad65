export const ENTRY_USAGE = `usage: node dist/entry.js [--config FILE]

Runs the cluster described by the config file: one agent and app workers, sized from the
container's limits, with health files for Kubernetes.

  --config FILE   else $EGGCUP_CONFIG, else cluster.yaml in the working directory,
                  else /etc/eggcup/cluster.yaml, else the bundled example
  --help, --version`;

export type EntryRequest =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'cluster'; readonly configFile: string | undefined }
  | { readonly kind: 'refused'; readonly why: string };

/** Options stand before the command; the first word that is no option, or all after `--`, is the command. */
export function parseEntryArgs(args: readonly string[]): EntryRequest {
  let configFile: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--help' || arg === '-h') return { kind: 'help' };
    if (arg === '--version') return { kind: 'version' };
    if (arg === '--config' || arg.startsWith('--config=')) {
      configFile = arg === '--config' ? args[(index += 1)] : arg.slice('--config='.length);
      if (configFile === undefined || configFile === '') return refused('--config needs a file: --config cluster.yaml');
      continue;
    }
    if (arg.startsWith('-') && arg !== '--') return refused(`unknown option "${arg}"; see --help`);
    const command = arg === '--' ? args.slice(index + 1) : args.slice(index);
    if (command.length > 0) return refused(`running a command ("${command.join(' ')}") is not available yet`);
  }
  return { kind: 'cluster', configFile };
}

function refused(why: string): EntryRequest {
  return { kind: 'refused', why };
}
