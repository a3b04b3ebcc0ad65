import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';

const ASSERT =
  'const assert = (isTrue, message) => { if (!isTrue) throw new TypeError(message); }; module.exports = assert; assert.ok = assert;';

/** By package: what it loads and eggcup does not need of it, and what stands in its place. */
const STAND_INS = {
  'sonic-boom': { assert: ASSERT },
  'graceful-process': { 'node:assert': ASSERT },
  pino: {
    worker_threads: 'exports.isMainThread = true;', // The entrypoint's thread.
    'thread-stream': '', // For transports.
  },
  // A default import makes esbuild look at all that the module has, which loads what Node loads late.
  cfork: { 'node:util': "import { format } from 'node:util'; export default { format };" },
};

const require = createRequire(import.meta.url);
/** A file in the package's folder, whatever the package's `exports` say. */
const fileOf = (name, file, from = require) => join(dirname(from.resolve(`${name}/package.json`)), file);

/** Another file of a package than `import` of its name leads to. */
const OTHER_FILES = {
  // ES modules. The build for Node is 70 functions, one for each file: all are called at once, so V8 reads them twice.
  yaml: fileOf('yaml', 'browser/dist/index.js'),
  // For cfork, which needs a date. The whole loads node:crypto.
  utility: fileOf('utility', 'dist/esm/date.js', createRequire(require.resolve('cfork/package.json'))),
};

/** Leaves out of a program what would be loaded long before anything needs it, or for nothing (docs/adr/0011-load-late.md). */
export function lean() {
  return {
    name: 'lean',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[a-z]/ }, ({ path, importer }) => {
        const contents = STAND_INS[packageOf(importer)]?.[path];
        if (contents !== undefined)
          return { path: `${packageOf(importer)}/${path}`, namespace: 'stand-in', pluginData: contents };
        if (path in OTHER_FILES) return { path: OTHER_FILES[path] };
        // To load one of Node's own modules changes nothing: an import goes if nothing of it is used.
        return isBuiltin(path) ? { path, external: true, sideEffects: false } : undefined;
      });
      onLoad({ filter: /./, namespace: 'stand-in' }, ({ pluginData }) => ({ contents: pluginData }));
    },
  };
}

/** The name of the package that a file is of; `undefined` for our own. */
function packageOf(file) {
  return /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1];
}
