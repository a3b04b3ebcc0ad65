import { Script } from 'node:vm';

/** As Node wraps a CommonJS module. */
export const WRAPPER_HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const WRAPPER_TAIL = '\n});';

export function wrap(source: string): string {
  return WRAPPER_HEAD + source + WRAPPER_TAIL;
}

/** Whether that is what `wrap` makes of the source; without making it. */
export function isWrapped(text: string, source: string): boolean {
  return (
    text.length === WRAPPER_HEAD.length + source.length + WRAPPER_TAIL.length &&
    text.startsWith(WRAPPER_HEAD) &&
    text.endsWith(WRAPPER_TAIL) &&
    text.slice(WRAPPER_HEAD.length, -WRAPPER_TAIL.length) === source
  );
}

/**
 * A CommonJS module, wrapped, as a Script, whose code V8 can give and take (`cachedData`); what it runs to is a function of the wrapper's parameters. Positions are
 * those of the source. Throws SyntaxError.
 */
export function wrappedScript(wrapped: string, filename: string, cachedData?: Buffer): Script {
  const options = { filename, columnOffset: -WRAPPER_HEAD.length };
  return new Script(wrapped, cachedData === undefined ? options : { ...options, cachedData });
}
