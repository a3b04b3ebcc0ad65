/**
 * An error that eggcup can explain: what, with which value, and what to do about it.
 * `code` is stable (`ERR_CONFIG`, `ERR_PORT_TAKEN` …): programs may rely on it, people read the message.
 */
export class EggcupError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Whether `error` is a system error with this code, as in `hasCode(error, 'ENOENT')`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** What there is to say of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
