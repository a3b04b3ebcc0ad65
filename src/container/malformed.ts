import { EggcupError } from '../errors.js';

/** The only thing a parser here throws: text that is not what the kernel writes. */
export function malformed(expected: string, text: string): EggcupError {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return new EggcupError('ERR_MALFORMED', `expected ${expected}, found ${JSON.stringify(shown)}`);
}

const SHOWN = 60;
