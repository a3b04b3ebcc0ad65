import { compileFunction, type Script } from 'node:vm';
import { wrap, wrappedScript } from '../wrapped-script.js';
import { wrapsAsNode } from './node-loader.js';

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

/** `import()`, and what makes a program of text, which may contain it: in a Script it would not be Node's. */
const MAY_IMPORT = /(?<![\w$])(?:import(?=\s*[(/])|eval(?![\w$])|(?:Async)?(?:Generator)?Function(?=\s*\())/;

/** Comments of JSDoc, which say `import()` where they tell types. Should it be the text of a template, nothing of it is run: it neither ends there nor has code in it. */
const JSDOC = /^[ \t]*\/\*\*(?:(?!\*\/|`|\$\{)[^])*\*\//gm;

const IS_WATCHED =
  process.env['NODE_V8_COVERAGE'] !== undefined ||
  process.execArgv.some((option) => option.startsWith('--inspect-brk'));

/** Whether a module is the same to whom it is run by: nothing that somebody has to translate, to wrap, to stop in or to count. */
export function isPlain(format: string | undefined): boolean {
  const isCommonJs = format === undefined || format === 'commonjs';
  return isCommonJs && !IS_WATCHED && !process.sourceMapsEnabled && wrapsAsNode();
}

/**
 * The code of a CommonJS module, as V8 can keep it: of a Script, where Node compiles a function, whose code it can't give once it
 * has run. `undefined` for a module that has to be Node's own. Throws a SyntaxError for what is no CommonJS.
 */
export function compileModule(source: string, filename: string): Script | undefined {
  if (MAY_IMPORT.test(source) && MAY_IMPORT.test(source.replaceAll(JSDOC, ''))) return undefined;
  compileFunction(source, PARAMETERS, { filename }); // Refuses what only its wrapper would make whole.
  return wrappedScript(wrap(source), filename);
}
