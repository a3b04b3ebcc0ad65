import { Script } from 'node:vm';

/** As Node wraps a CommonJS module. */
export const WRAPPER_HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const WRAPPER_TAIL = '\n});';

/**
 * A CommonJS module as a Script, whose code V8 can give and take (`cachedData`); what it runs to is a function of the wrapper's parameters. Positions are
 * those of the source. Throws SyntaxError.
 */
export function wrappedScript(source: string, filename: string, cachedData?: Buffer): Script {
  const options = { filename, columnOffset: -WRAPPER_HEAD.length };
  return new Script(
    WRAPPER_HEAD + source + WRAPPER_TAIL,
    cachedData === undefined ? options : { ...options, cachedData },
  );
}
