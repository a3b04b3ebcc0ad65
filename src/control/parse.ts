import { messageOf } from '../errors.js';
import { MAX_WORKERS } from '../supervisor/scale.js';
import type { ControlRequest, Refusal } from './protocol.js';

/** Reads a line as one of the closed union: nothing is guessed, and a key that is not known is refused with the rest. */
export function parseRequest(line: string): ControlRequest | Refusal {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch (error) {
    return refused(`no JSON: ${messageOf(error)}`);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return refused('a request is a JSON object');
  const { request, ...others } = raw as Readonly<Record<string, unknown>>;
  switch (request) {
    case 'status':
      return unknownKey(others, []) ?? { request };
    case 'reload':
      return unknownKey(others, ['wait']) ?? reload(others['wait']);
    case 'scale':
      return unknownKey(others, ['workers']) ?? scale(others['workers']);
    default:
      return refused(`"request" must be "status", "reload" or "scale", got ${shown(request)}`);
  }
}

function reload(wait: unknown = false): ControlRequest | Refusal {
  if (typeof wait !== 'boolean') return refused(`"wait" must be true or false, got ${shown(wait)}`);
  return { request: 'reload', wait };
}

function scale(workers: unknown): ControlRequest | Refusal {
  const isCount = typeof workers === 'number' && Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS;
  if (!isCount) return refused(`"workers" must be a whole number from 1 to ${MAX_WORKERS}, got ${shown(workers)}`);
  return { request: 'scale', workers };
}

function unknownKey(others: object, known: readonly string[]): Refusal | undefined {
  const name = Object.keys(others).find((key) => !known.includes(key));
  return name === undefined ? undefined : refused(`unknown key ${shown(name)}`);
}

function refused(message: string): Refusal {
  return { ok: false, code: 'request', message };
}

/** At most one line, and short: the answer to a long request is not long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
