/** The kinds of value that keys of the config have, each with the sentence that says what it must be. */
import * as v from 'valibot';
import { parseSticky } from '../sticky/mode.js';
import {
  CPU,
  DURATION,
  MAX_DURATION_MS,
  MAX_SIZE_BYTES,
  parseCpu,
  parseDuration,
  parseShare,
  parseSize,
  SHARE,
  SIZE,
  TIME,
} from './units.js';

/** A key that has a default, written as it would be in the file. */
export function key<S extends v.GenericSchema, const D extends v.InferInput<S>>(
  description: string,
  schema: S,
  fallback: D,
) {
  // Outside of `optional`, because the conversion to JSON Schema sees nothing that stands after a transformation.
  return v.pipe(
    v.optional(schema, () => fallback),
    v.description(description),
  );
}

/** A key that has no default: nothing is assumed when it is absent. */
export function bareKey<S extends v.GenericSchema>(description: string, schema: S) {
  return v.pipe(v.exactOptional(schema), v.description(description));
}

export function section<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, 'must be a mapping');
}

export function text() {
  return v.pipe(v.string(TEXT), v.nonEmpty(TEXT), withoutNul());
}

/** Neither a path nor an argument nor a variable can hold one: the kernel takes it for the end. */
export function withoutNul() {
  return v.check((value: string) => !value.includes('\0'), 'must not hold the character NUL');
}

const TEXT = 'must be text that is not empty';

/** Text that is not shown: neither in errors nor in the effective config. */
export function secret() {
  return v.pipe(text(), v.metadata({ secret: true }));
}

export function texts() {
  return v.array(text(), 'must be a list');
}

/** Texts of which one may be empty, as an argument may. */
export function anyTexts() {
  return v.array(v.pipe(v.string('must be text'), withoutNul()), 'must be a list');
}

export function oneOf<const T extends readonly string[]>(options: T) {
  return v.picklist(options, `must be ${alternatives(options)}`);
}

export function yesOrNo() {
  return v.boolean('must be true or false');
}

export function whole(min: number, max: number, message = `must be ${wholeNumber(min, max)}`) {
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

export function autoOrWhole(min: number, max: number) {
  const message = `must be "auto" or ${wholeNumber(min, max)}`;
  return v.union([v.literal('auto', message), whole(min, max, message)], message);
}

export function autoOrBoolean() {
  return v.union([v.literal('auto'), v.boolean()], 'must be "auto", true or false');
}

/** Milliseconds, written `30s`. */
export function duration(minMs: 0 | 1) {
  return v.pipe(
    v.string(DURATION_EXPECTED),
    v.regex(minMs === 0 ? DURATION : TIME, ({ input }) =>
      DURATION.test(input) ? 'must be longer than 0s' : DURATION_EXPECTED,
    ),
    v.metadata({ unit: 'duration' }),
    v.transform((written) => parseDuration(written) ?? Number.NaN),
    v.minValue(minMs, 'must be longer than 0s'),
    v.maxValue(MAX_DURATION_MS, `must be at most ${MAX_DURATION_MS}ms, 24.8 days: no timer of Node is longer`),
  );
}

const DURATION_EXPECTED = 'must be a duration such as 30s, 1500ms, 2m or 1h';

/** Bytes, written `512Mi`. */
export function size(message = `must be ${SIZE_EXPECTED}`) {
  return v.pipe(
    v.string(message),
    v.regex(SIZE, message),
    v.metadata({ unit: 'size' }),
    v.transform((written) => parseSize(written) ?? Number.NaN),
    v.minValue(2 ** 20, 'must be at least 1Mi'),
    v.maxValue(MAX_SIZE_BYTES, 'must be at most 1024Ti'),
  );
}

const SIZE_EXPECTED = 'a size such as 512Mi, 1Gi or 160M';

/** Off, what eggcup computes, or a size. */
export function autoOffOrSize() {
  const message = `must be "auto", "off" or ${SIZE_EXPECTED}`;
  return v.union([oneOf(['auto', 'off']), size(message)], message);
}

/** A size of which 0 means that there is no limit. */
export function sizeOrZero() {
  const message = `must be 0 or ${SIZE_EXPECTED}`;
  return v.union([v.literal(0), size(message)], message);
}

/** CPUs, written `1500m`. */
export function cpu() {
  const message = 'must be CPUs in thousandths such as 1500m, from 1m';
  return v.pipe(
    v.string(message),
    v.regex(CPU, message),
    v.metadata({ unit: 'cpu', examples: ['1500m'] }),
    v.transform((written) => parseCpu(written) ?? Number.NaN),
  );
}

/** A part of a whole from 0 to 1, written `80%`. */
export function share() {
  const message = 'must be a share such as 10%, from 0% to 100%';
  return v.pipe(
    v.string(message),
    v.regex(SHARE, message),
    v.transform((written) => parseShare(written) ?? Number.NaN),
  );
}

export function countOrShare(max: number) {
  const message = `must be ${wholeNumber(0, max)}, or a share such as 50%`;
  const count = v.pipe(
    whole(0, max, message),
    v.transform((value) => ({ kind: 'count' as const, value })),
  );
  const part = v.pipe(
    share(),
    v.transform((value) => ({ kind: 'share' as const, value })),
  );
  return v.union([count, part], message);
}

/** What keeps a client with one worker, written `cookie:NAME`. */
export function sticky() {
  return v.pipe(
    v.string(STICKY),
    v.regex(/^(?:none|address|(?:cookie|header):[\w!#$%&'*+.^`|~-]+)$/, STICKY),
    v.metadata({ examples: ['cookie:worker'] }),
    v.transform(parseSticky),
  );
}

/** Names are tokens (RFC 9110, 5.6.2; RFC 6265, 4.1.1). */
const STICKY = 'must be "none", "address", "cookie:NAME" or "header:NAME"';

function wholeNumber(min: number, max: number): string {
  return `a whole number from ${min} to ${max}`;
}

function alternatives(options: readonly string[]): string {
  const quoted = options.map((option) => JSON.stringify(option));
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
}
