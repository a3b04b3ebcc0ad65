import {
  CHILD_LOG_EVENTS,
  CHILD_LOG_LEVELS,
  type FromChild,
  type ListenAddress,
  type ToChild,
  type UserMessage,
} from './protocol.js';

export type Parsed =
  | { readonly kind: 'own'; readonly message: FromChild }
  | { readonly kind: 'user'; readonly message: UserMessage }
  | { readonly kind: 'rubbish'; readonly why: string };

/** Reads what a child sent as one of a closed union. A child can send anything; what fits nowhere is rubbish. */
export function parseFromChild(raw: unknown): Parsed {
  const user = parseUserMessage(raw);
  if (user !== undefined) return { kind: 'user', message: user };
  if (!isRecord(raw)) return { kind: 'rubbish', why: `${raw === null ? 'null' : typeof raw} is no message` };
  const message = parseOwn(raw);
  if (message !== undefined) return { kind: 'own', message };
  return { kind: 'rubbish', why: 'neither an action (text) nor a message of eggcup' };
}

/** egg's form: an object with a text `action`; a bare text stands for `{ action: text, data: text }`. */
export function parseUserMessage(raw: unknown): UserMessage | undefined {
  if (typeof raw === 'string') return { action: raw, data: raw };
  if (!isRecord(raw) || 'eggcup' in raw) return undefined;
  return isUserMessage(raw) ? raw : undefined;
}

/** As it is, for each copy costs as much as the rest of the way. */
function isUserMessage(raw: Record<string, unknown>): raw is Record<string, unknown> & UserMessage {
  return typeof raw['action'] === 'string';
}

const TO_CHILD: readonly string[] = [
  'prepare',
  'stand-by',
  'open',
  'close-inspector',
  'lame-duck',
  'leave',
] satisfies readonly ToChild['eggcup'][];

/** What the master says to this process; `undefined` for everything else. */
export function parseToChild(raw: unknown): ToChild | undefined {
  // The master is trusted: the envelope's name is enough.
  if (!isRecord(raw) || !TO_CHILD.includes(String(raw['eggcup']))) return undefined;
  return raw as unknown as ToChild;
}

function parseOwn(raw: Record<string, unknown>): FromChild | undefined {
  const { eggcup, address, code, message, stack, event, level, text, why } = raw;
  switch (eggcup) {
    case 'at-gate':
    case 'stands-by':
    case 'leaving':
    case 'beat':
      return { eggcup };
    case 'ready':
      return { eggcup, address: parseAddress(address) };
    case 'listening':
    case 'closed': {
      const parsed = parseAddress(address);
      return parsed === undefined ? undefined : { eggcup, address: parsed };
    }
    case 'worn':
      return typeof why === 'string' ? { eggcup, why } : undefined;
    case 'start-failed':
      if (typeof message !== 'string') return undefined;
      return { eggcup, message, code: textOf(code), stack: textOf(stack) };
    case 'log': {
      const knownEvent = CHILD_LOG_EVENTS.find((name) => name === event);
      const knownLevel = CHILD_LOG_LEVELS.find((name) => name === level);
      if (knownEvent === undefined || knownLevel === undefined || typeof text !== 'string') return undefined;
      return { eggcup, event: knownEvent, level: knownLevel, text };
    }
    default:
      return undefined;
  }
}

function parseAddress(raw: unknown): ListenAddress | undefined {
  if (!isRecord(raw)) return undefined;
  const { kind, protocol, host, port, path } = raw;
  if (kind === 'unix' && typeof path === 'string') return { kind, path };
  if (kind !== 'tcp' || typeof host !== 'string' || !isPort(port)) return undefined;
  return { kind, protocol: protocol === 'https' ? 'https' : 'http', host, port };
}

function textOf(raw: unknown): string | undefined {
  return typeof raw === 'string' ? raw : undefined;
}

function isPort(raw: unknown): raw is number {
  return Number.isInteger(raw) && Number(raw) >= 0 && Number(raw) <= 65_535;
}

function isRecord(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
