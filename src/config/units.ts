/** setTimeout takes no more than a signed 32 bit number of milliseconds, and fires at once when given more. */
export const MAX_DURATION_MS = 2 ** 31 - 1;

/** One pebibyte: more than any machine has, and far below the integers that a double cannot hold. */
export const MAX_SIZE_BYTES = 2 ** 50;

export const DURATION = /^\d+(?:\.\d+)?(?:ms|s|m|h)$/;
export const SIZE = /^\d+(?:\.\d+)?(?:B|k|M|G|T|Ki|Mi|Gi|Ti)$/;
/** One that is more than nothing. */
export const TIME = /^(?:\d*[1-9]\d*(?:\.\d+)?|\d+\.\d*[1-9]\d*)(?:ms|s|m|h)$/;
export const CPU = /^0*[1-9]\d{0,6}m$/;
export const SHARE = /^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/;

const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

const BYTES: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
]);

/** Milliseconds of `30s`, `1500ms`, `2m`, `1h` or `1.5s`, rounded to whole ones. */
export function parseDuration(text: string): number | undefined {
  return DURATION.test(text) ? measure(text, MILLISECONDS) : undefined;
}

/** Bytes of `512Mi`, `1Gi`, `160M` or `1048576B`, rounded to whole ones. */
export function parseSize(text: string): number | undefined {
  return SIZE.test(text) ? measure(text, BYTES) : undefined;
}

/** CPUs of `1500m`, thousandths of one. */
export function parseCpu(text: string): number | undefined {
  return CPU.test(text) ? Number.parseInt(text, 10) / 1000 : undefined;
}

/** `80%` as 0.8. */
export function parseShare(text: string): number | undefined {
  return SHARE.test(text) ? Number.parseFloat(text) / 100 : undefined;
}

/** The duration in the largest unit that leaves no fraction: 90000 is `90s`, 120000 is `2m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const fitting = [...MILLISECONDS].findLast(([, scale]) => ms % scale === 0);
  return fitting === undefined ? `${ms}ms` : `${ms / fitting[1]}${fitting[0]}`;
}

/** What was probably meant by a duration without a unit, or with one that people use elsewhere. */
export function suggestDuration(text: string): string | undefined {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  if (unit === '') return Number(amount) >= 1000 ? `${amount}ms` : `${amount}s`;
  const meant = ['ms', 's', 'm', 'h'].find((name) => DURATION_WORDS[name]?.test(unit));
  return meant === undefined ? undefined : `${amount}${meant}`;
}

const DURATION_WORDS: Readonly<Record<string, RegExp>> = {
  ms: /^(?:ms|msecs?|millis|milliseconds?)$/i,
  s: /^(?:s|secs?|seconds?)$/i,
  m: /^(?:m|mins?|minutes?)$/i,
  h: /^(?:h|hrs?|hours?)$/i,
};

/** What was probably meant by a size without a unit, or with one that people use elsewhere. */
export function suggestSize(text: string): string | undefined {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  if (unit === '') return Number(amount) >= 2 ** 20 ? `${amount}B` : `${amount}Mi`;
  const [, letter, binary] = /^([kmgt])(i?)b?$/i.exec(unit) ?? [];
  if (letter === undefined) return undefined;
  // `512m` is 512 thousandths of a byte in Kubernetes; whoever writes it means mebibytes.
  if (unit === 'm') return `${amount}Mi`;
  if (binary !== '') return `${amount}${letter.toUpperCase()}i`;
  return `${amount}${letter.toLowerCase() === 'k' ? 'k' : letter.toUpperCase()}`;
}

/** What was probably meant by a number of CPUs that is not in thousandths. */
export function suggestCpu(text: string): string | undefined {
  const [, amount] = /^\s*(\d{1,4}(?:\.\d{1,3})?)\s*(?:cpus?|cores?)?\s*$/i.exec(text) ?? [];
  return amount === undefined || Number(amount) === 0 ? undefined : `${Math.round(Number(amount) * 1000)}m`;
}

function measure(text: string, scales: ReadonlyMap<string, number>): number | undefined {
  const unit = text.replace(/^[\d.]+/, '');
  const scale = scales.get(unit);
  return scale === undefined ? undefined : Math.round(Number.parseFloat(text) * scale);
}
