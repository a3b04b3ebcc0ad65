/** A planned change: what is asked of the master while it runs, by a signal. */
export interface Change {
  readonly kind: 'change';
  readonly atMs: number;
  readonly signal: ChangeSignal;
  /** For SIGHUP: what the config file says from then on; `undefined` is what it said before. */
  readonly file: ConfigFile | undefined;
  /** So often, each so long after the one before. */
  readonly times: number;
  readonly everyMs: number;
}

/** Replace all with another config, replace all, one worker more, one fewer (docs/reload.md). */
export type ChangeSignal = 'SIGHUP' | 'SIGUSR2' | 'SIGTTIN' | 'SIGTTOU';

/** What can be changed of a config file. */
export interface ConfigFile {
  readonly workers: number;
  /** `app.env.APP_VERSION`; 0 at first. */
  readonly version: number;
  /** Its application or its agent throws whenever it is loaded, or the file itself is wrong. */
  readonly flaw: 'none' | 'failing-app' | 'failing-agent' | 'invalid';
}

export function isChange(signal: NodeJS.Signals): signal is ChangeSignal {
  return ['SIGHUP', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'].includes(signal);
}

/** For people. */
export function showChange({ signal, file, times, everyMs }: Change): string {
  const from =
    file === undefined
      ? ''
      : ` with ${file.flaw === 'invalid' ? 'an invalid config' : `workers=${file.workers} version=${versionOf(file)}`}`;
  return `${signal} to master${from}${times === 1 ? '' : `, ${times} times, each ${everyMs} ms`}`;
}

/** A program looks at it, and fails when it is the one that should. */
export function versionOf({ version, flaw }: ConfigFile): string {
  return flaw === 'none' ? String(version) : flaw;
}
