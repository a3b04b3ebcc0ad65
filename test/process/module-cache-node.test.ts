/** A module that comes from the cache sees what it sees without one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppWithPackages } from '../helpers/module-cache.js';

/** A package that looks around while it is loaded, and when it is asked. */
const LOOKS = `#!/usr/bin/env node
const seen = {};
exports.seen = seen;
seen.parts = [typeof require, typeof module, __filename, __dirname, this === module.exports, typeof exports];
seen.strict = (function () { return this === undefined; })();
seen.module = [module.id, module.filename, module.loaded, module.path, module.paths.length, module.parent?.id];
seen.main = [require.main?.id, require.main === process.mainModule, module === require.main];
seen.require = Object.keys(require).sort();
seen.extensions = Object.keys(require.extensions);
seen.cached = require.cache[__filename] === module;
seen.resolve = [require.resolve('./inner.js'), require.resolve('fs'), require.resolve('friend')];
seen.paths = [require.resolve.paths('x').length, require.resolve.paths('fs'), require.resolve.paths('./x')];
seen.elsewhere = require.resolve('./main.js', { paths: [require('node:path').dirname(require.main.filename)] });
seen.self = [require('looks') === exports, require('looks/package.json').name, require('#internal').internal];
seen.circular = require('./inner.js').looksSeen;
seen.children = module.children.map(({ id }) => id).sort();
seen.errors = [
  () => require(), () => require(''), () => require(1), () => require('absent'), () => require('./absent'),
  () => require.resolve(), () => require.resolve(null), () => require.resolve.paths(1), () => require('looks/hidden.js'),
  () => require('./broken.js'), () => require('./broken.json'), () => require('./awaits.mjs'),
].map((act) => { try { act(); return 'nothing'; } catch (error) { return [error.name, error.code, error.message.split('\\n')[0]]; } });
seen.json = require('./data.json');
seen.esModule = require('./module.mjs').default;
seen.typed = require('./typed/index.js').default;
seen.place = new Error('here').stack.split('\\n')[1].trim().replace(/^at /, '');
seen.text = (function named (a,  b) { return a; }).toString();
const later = require('./imports.js');
exports.ask = async () => { seen.later = await later; return seen; };
`;

const FILES = {
  'main.js': `
const { createServer } = require('node:http');
const Module = require('node:module');
const areNodes = () => [Module._resolveFilename, Module.prototype._compile].every((one) => !/restoreModule|looksAsNode/.test(String(one)));
const before = areNodes();
const looks = require('looks');
createServer(async (request, response) => {
  response.end(JSON.stringify({ before, after: areNodes(), seen: await looks.ask() }));
}).listen(Number(process.env.PORT));
`,
  'node_modules/looks/package.json': JSON.stringify({
    name: 'looks',
    exports: { '.': './index.js', './package.json': './package.json' },
    imports: { '#internal': './internal.cjs' },
  }),
  'node_modules/looks/index.js': LOOKS.replace(/^#!.*\n/, ''),
  'node_modules/looks/inner.js': `exports.looksSeen = Object.keys(require('./index.js').seen);`,
  'node_modules/looks/internal.cjs': `exports.internal = require('./hash-bang.js') + 1;`,
  'node_modules/looks/hash-bang.js': `#!/usr/bin/env node\nmodule.exports = 41;`,
  'node_modules/looks/hidden.js': '',
  'node_modules/looks/broken.js': 'const = 1;',
  'node_modules/looks/broken.json': '{',
  'node_modules/looks/awaits.mjs': 'await 1; export default 1;',
  'node_modules/looks/data.json': '{ "a": 1 }',
  'node_modules/looks/module.mjs': `export default import.meta.url.slice(-10);`,
  'node_modules/looks/typed/package.json': '{ "type": "module" }',
  'node_modules/looks/typed/index.js': `export default 'typed';`,
  'node_modules/looks/imports.js': `
const ways = [() => import('./later.mjs'), () => eval("import('./later.mjs')"), new Function("return import('./later.mjs')"), () => import /* where */ ('./later.mjs')];
module.exports = Promise.all(ways.map((way) => way().then(({ default: value }) => value, (error) => error.code)));`,
  'node_modules/looks/later.mjs': `export { word as default } from './word.js';`,
  'node_modules/looks/word.js': `exports.word = require('friend').word;`,
  'node_modules/friend/index.js': `'use strict';\nexports.word = 'late';`,
};

/** What is no ES module, and imports none. */
const FROM_CACHE = ['looks/index.js', 'looks/inner.js', 'looks/internal.cjs'];
const NODES_OWN = ['looks/imports.js', 'looks/hash-bang.js', 'looks/module.mjs', 'looks/typed/index.js'];

interface Looked {
  /** Whether Node's ways of finding and compiling modules are its own. */
  readonly before: boolean;
  readonly after: boolean;
  readonly seen: object;
}

test('a module from the cache sees what it sees without one; once ready all is Node’s own', async (t) => {
  const app = new AppWithPackages(t, FILES);
  const without = (await app.answer()).answer as Looked;
  const { code, stderr } = await app.compile();
  assert.deepEqual([code, stderr], [0, '']);
  const compiled = app.compiled();
  for (const [names, isThere] of [
    [FROM_CACHE, true],
    [NODES_OWN, false],
  ] as const)
    for (const name of names) assert.equal(compiled.includes(`node_modules/${name}`), isThere, name);
  const { answer, unused } = await app.answer();
  const cached = answer as Looked;
  assert.equal(unused, undefined);
  assert.deepEqual(cached.seen, without.seen);
  assert.deepEqual([without.before, without.after, cached.before, cached.after], [true, true, false, true]);
});

test('who compiles or finds modules in another way goes on doing so', async (t) => {
  const app = new AppWithPackages(
    t,
    {
      'answer.js': `const words = require('words'); module.exports = () => words;`,
      'hook.js': `
const Module = require('node:module');
const load = Module._extensions['.js'];
Module._extensions['.js'] = function (module, file) {
  const compile = module._compile;
  module._compile = function (source, ...rest) {
    return compile.call(this, source.replace('plain', process.env.WORD ?? 'hooked'), ...rest);
  };
  return load(module, file);
};
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  return resolve.call(this, request === 'alias' ? 'friend' : request, ...rest);
};`,
      'node_modules/words/index.js': `module.exports = ['plain', require('alias')];`,
      'node_modules/friend/index.js': `module.exports = 'plain friend';`,
    },
    { require: ['./hook.js'] },
  );
  assert.equal((await app.compile()).code, 0);
  assert.deepEqual(await app.answer(), { answer: ['hooked', 'hooked friend'], unused: undefined });
  // Other text of the same length from the hook.
  const { answer } = await app.answer({ env: { WORD: 'HOOKED' } });
  assert.deepEqual(answer, ['HOOKED', 'HOOKED friend']);
});

for (const type of ['cjs', 'mjs'] as const) {
  test(`a main module main.${type} and its packages`, async (t) => {
    const body = `createServer((_, response) => response.end(JSON.stringify(word))).listen(Number(process.env.PORT));`;
    const main =
      type === 'cjs'
        ? `const { createServer } = require('node:http'); const { word } = require('friend'); ${body}`
        : `import { createServer } from 'node:http'; import { word } from 'friend'; ${body}`;
    const files = {
      [`main.${type}`]: main,
      'node_modules/friend/index.js': `exports.word = require('./word');`,
      'node_modules/friend/word.js': `module.exports = 'a word';`,
    };
    const app = new AppWithPackages(t, files, { script: `main.${type}` });
    assert.equal((await app.compile()).code, 0);
    assert.deepEqual(await app.answer(), { answer: 'a word', unused: undefined });
  });
}
