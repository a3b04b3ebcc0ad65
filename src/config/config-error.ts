import { EggcupError } from '../errors.js';
import { compareOrigins, formatOrigin, type Origin } from './origin.js';
import { formatPath, type Path } from './path.js';

/** One thing that is wrong with the config. Without an origin it is about the file as a whole, which `message` names. */
export interface ConfigIssue {
  readonly origin: Origin | undefined;
  readonly path: Path;
  readonly message: string;
}

/** Everything that is wrong with a config. The message has one line per issue, in the order of reading. */
export class ConfigError extends EggcupError {
  readonly issues: readonly ConfigIssue[];
  /** The key `terminationLog` as far as it could be read: where the reason is to be left all the same. */
  readonly terminationLog: string | undefined;

  constructor(issues: readonly ConfigIssue[], options: ErrorOptions & { readonly terminationLog?: string } = {}) {
    const sorted = issues.toSorted(compareIssues);
    super('ERR_CONFIG', sorted.map(formatIssue).join('\n'), options);
    this.issues = sorted;
    this.terminationLog = options.terminationLog;
  }
}

function compareIssues(a: ConfigIssue, b: ConfigIssue): number {
  if (a.origin === undefined || b.origin === undefined) return Number(b.origin === undefined);
  return compareOrigins(a.origin, b.origin);
}

function formatIssue({ origin, path, message }: ConfigIssue): string {
  const where = origin === undefined ? [] : [formatOrigin(origin)];
  const what = path.length === 0 ? [] : [`${formatPath(path)}:`];
  return [...where, ...what, message].join(' ');
}
