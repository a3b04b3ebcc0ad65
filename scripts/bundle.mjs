/**
 * Makes the programs in dist/ of src/ and the packages that it uses, each a file or two: Node needs about half a millisecond
 * for every module that it loads (docs/adr/0006-bundles.md, 0009-bundled-packages.md). What the tests import is in lib/, which
 * tsc has written.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lean } from './lean.mjs';
import { writeNotices } from './write-notices.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
/** Every file that went into a program. */
const inputs = new Set();
/** Loaded when it is needed, from a file of its own. What both sides import is there twice, its variables too. */
const APART = ['./master/run-cluster.js', '../health/http.js', '../inspect/examine.js'];

/** Makes `require` of the few, which are all our own. */
const WITHOUT_IMPORT = { 'dynamic-import': false };

for (const name of [
  'entry',
  'probe',
  'cli',
  'compile',
  'index',
  'master/run-cluster',
  'health/http',
  'inspect/examine',
  'health/watchdog-loop',
  'module-cache/record',
  'module-cache/use',
])
  await bundle(name, { supported: WITHOUT_IMPORT });
// An application may be an ES module.
for (const name of ['script', 'framework-agent', 'framework-app']) await bundle(`worker/${name}`, {});
// Says which source a code cache is of (src/code-cache.ts), which takes a byte for a character.
const program = `${root}dist/master/run-cluster.js`;
const text = readFileSync(program, 'latin1');
if (/[\u0080-\u00FF]/.test(text)) throw new Error(`${program} is not ASCII`);
appendFileSync(program, `// ${createHash('sha256').update(text).digest('hex')}\n`);
writeFileSync(`${root}dist/package.json`, '{ "type": "commonjs" }\n');

writeNotices(inputs, `${root}dist/THIRD-PARTY-NOTICES.txt`);

for (const types of ['index.d.ts', 'ipc/messenger.d.ts']) {
  mkdirSync(dirname(`${root}dist/${types}`), { recursive: true });
  copyFileSync(`${root}lib/${types}`, `${root}dist/${types}`);
}

async function bundle(name, options) {
  const { warnings, metafile } = await build({
    ...options,
    // The loader of ES modules takes 5 ms before it runs anything, and 1 MB: signals would be claimed later by that much.
    format: 'cjs',
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    entryPoints: [`${root}src/${name}.ts`],
    outfile: `${root}dist/${name}.js`,
    external: APART,
    metafile: true,
    // A source stays in memory, all of it; names stay, and lines are short enough for a stack trace.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    plugins: [whereItWas(dirname(name)), lean()],
  });
  if (warnings.length > 0) throw new Error(`${name}: esbuild has warned`);
  for (const file of Object.keys(metafile.inputs)) inputs.add(resolve(file));
}

/** A module finds files by its own folder: it keeps the one that it would have if nothing were bundled. */
function whereItWas(folder) {
  return {
    name: 'where-it-was',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        const file = relative(`${root}src`, path).replace(/\.ts$/, '.js');
        const fromHere = posix.relative(folder, posix.dirname(file));
        const own = `(__dirname + '/${fromHere}')`;
        return { loader: 'ts', contents: readFileSync(path, 'utf8').replaceAll('import.meta.dirname', own) };
      });
    },
  };
}
