/**
 * Makes the programs in dist/ of src/, each a file or two: Node needs about half a millisecond for every module that
 * it loads (docs/adr/0006-bundles.md). Packages stay outside. What the tests import is in lib/, which tsc has written.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const packages = Object.keys(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).dependencies);
/** Loaded when it is needed, from a file of its own. What both sides import is there twice, its variables too. */
const APART = ['./master/run-cluster.js', '../health/http.js', './script-main.js'];

const COMMON_JS = {
  format: 'cjs',
  supported: { 'dynamic-import': false }, // Makes `require` of the few, which are all our own.
};
const ES_MODULE = { format: 'esm' };

// CommonJS: the loader of ES modules takes 5 ms before it runs anything, and the signals are claimed later by that much.
await bundle('entry', COMMON_JS, ['signal-exit']); // Too small for the time that it takes to look for it.
for (const name of ['probe', 'cli', 'index', 'master/run-cluster', 'health/http', 'health/watchdog-loop'])
  await bundle(name, COMMON_JS);
writeFileSync(`${root}dist/package.json`, '{ "type": "commonjs" }\n');

// ES modules: their top-level await is the gate.
for (const name of ['script', 'script-main', 'framework-agent', 'framework-app'])
  await bundle(`worker/${name}`, ES_MODULE);
writeFileSync(`${root}dist/worker/package.json`, '{ "type": "module" }\n');

for (const types of ['index.d.ts', 'ipc/messenger.d.ts']) {
  mkdirSync(dirname(`${root}dist/${types}`), { recursive: true });
  copyFileSync(`${root}lib/${types}`, `${root}dist/${types}`);
}

async function bundle(name, options, included = []) {
  const { warnings } = await build({
    ...options,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    entryPoints: [`${root}src/${name}.ts`],
    outfile: `${root}dist/${name}.js`,
    external: [...APART, ...packages.filter((it) => !included.includes(it))],
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    plugins: [whereItWas(dirname(name), options.format)],
  });
  if (warnings.length > 0) throw new Error(`${name}: esbuild has warned`);
}

/** A module finds files by its own address: it keeps the one that it would have if nothing were bundled. */
function whereItWas(folder, format) {
  return {
    name: 'where-it-was',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        const file = relative(`${root}src`, path).replace(/\.ts$/, '.js');
        const fromHere = posix.relative(folder, file);
        const address =
          format === 'cjs'
            ? `require('node:url').pathToFileURL(__dirname + '/${fromHere}').href`
            : `new URL('${fromHere}', import.meta.url).href`;
        return { loader: 'ts', contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', `(${address})`) };
      });
    },
  };
}
