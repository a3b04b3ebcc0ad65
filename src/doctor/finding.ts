/** One thing that the doctor has looked at. */
export interface Finding {
  readonly name: string;
  /** `warning`: it works, but not as it should; `failure`: the cluster would not start, or end at once. */
  readonly level: 'ok' | 'warning' | 'failure';
  readonly found: string;
  /** What to do; with everything that is not ok. */
  readonly remedy?: string;
}

export function ok(name: string, found: string): Finding {
  return { name, level: 'ok', found };
}

export function warning(name: string, found: string, remedy: string): Finding {
  return { name, level: 'warning', found, remedy };
}

export function failure(name: string, found: string, remedy: string): Finding {
  return { name, level: 'failure', found, remedy };
}
