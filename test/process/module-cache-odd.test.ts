/** `eggcup compile --app` and applications that do odd things while they load: with the cache they get what they get without. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppWithPackages, type Start } from '../helpers/module-cache.js';

interface Case {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly config?: (folder: string) => Readonly<Record<string, unknown>>;
  /** Before anything; `later` is between the compilation and the starts that are compared. */
  readonly before?: (app: AppWithPackages) => void;
  readonly later?: (app: AppWithPackages) => void;
  readonly training?: Readonly<Record<string, string>>;
  readonly start?: Start;
  /** Why the cache is not used, or what the compilation says instead. */
  readonly unused?: RegExp;
  readonly without?: RegExp;
}

/** An application that answers with what the package `p` exports. */
const ANSWER = `const p = require('p'); module.exports = async () => typeof p === 'function' ? p() : p;`;
const manifest = (fields: object): string => JSON.stringify(fields);
const exporting = (value: string): string => `module.exports = '${value}';`;

const CASES: readonly Case[] = [
  {
    what: 'import() in a generator method, and in a template that looks like a comment',
    files: {
      'node_modules/p/index.js': `
class Loads {
  *load() { yield import('./x.mjs'); }
}
const text = () => \`
// \${import('./x.mjs')}
/** \${import('./x.mjs')} */
\`;
module.exports = async () => [(await new Loads().load().next().value).default, text()];`,
      'node_modules/p/x.mjs': `export default 'imported';`,
    },
  },
  {
    what: 'a module of a folder with the name of a property',
    files: {
      'node_modules/p/index.js': `
const Module = require('module');
const made = new Module('constructor/made', module);
made._compile('module.exports = typeof require("fs")', 'constructor/made');
module.exports = made.exports;`,
    },
  },
  {
    what: 'new require(…), names and shapes of require',
    files: {
      'node_modules/p/index.js': `
const { EventEmitter } = new require('events');
module.exports = [typeof EventEmitter, require.name, require.length, require.resolve.name, typeof require.prototype];`,
    },
  },
  {
    what: 'a module of a text, and one that is removed again',
    files: {
      'node_modules/p/index.js': `
const Module = require('module');
const made = new Module('made', module);
made._compile('module.exports = 7', 'virtual-config.js');
const file = __dirname + '/made.js';
require('fs').writeFileSync('/tmp/eggcup-test-made-' + process.pid + '.js', 'module.exports = 8');
const eight = require('/tmp/eggcup-test-made-' + process.pid + '.js');
require('fs').unlinkSync('/tmp/eggcup-test-made-' + process.pid + '.js');
module.exports = [made.exports, eight];`,
    },
  },
  {
    what: 'what only its wrapper makes whole is no module',
    files: {
      'node_modules/p/index.js': `try { require('./torn.js'); } catch (error) { module.exports = error.message; }`,
      'node_modules/p/torn.js': `}); (function () {`,
    },
  },
  ...['_compile', '_resolveFilename'].map((name): Case => {
    const holder = name === '_compile' ? 'Module.prototype' : 'Module';
    return {
      what: `who has replaced Module.${name} before`,
      files: {
        'node_modules/p/index.js': exporting('plain'),
        'hook.cjs': `
const Module = require('node:module');
const nodes = ${holder}.${name};
${holder}.${name} = function (...args) { return Reflect.apply(nodes, this, args); };`,
      },
      config: (folder) => ({ nodeOptions: ['--require', join(folder, 'hook.cjs')] }),
      without: new RegExp(`what is loaded first has replaced Module.${name}`),
    };
  }),
  {
    what: 'who replaces Module.wrap or Module._findPath later',
    files: {
      'hook.cjs': `
const Module = require('node:module');
const [wrap, findPath] = [Module.wrap, Module._findPath];
if (process.env.HOOKED) Module.wrap = (source) => wrap('globalThis.wrapped = true;' + source);
if (process.env.HOOKED) Module._findPath = function (...args) { globalThis.looked = true; return findPath.apply(this, args); };`,
      'node_modules/p/index.js': `require('./q.js'); module.exports = [globalThis.wrapped ?? false, globalThis.looked ?? false];`,
      'node_modules/p/q.js': '',
    },
    config: () => ({ require: ['./hook.cjs'] }),
    start: { env: { HOOKED: 'yes' } },
  },
  {
    what: 'a module that looks for packages elsewhere each time',
    files: {
      'node_modules/p/index.js': `
module.paths.shift();
module.paths.unshift(__dirname + '/' + (process.env.PLUG ?? 'one'));
module.exports = require('plugged');`,
      'node_modules/p/one/plugged.js': exporting('one'),
      'node_modules/p/two/plugged.js': exporting('two'),
    },
    start: { env: { PLUG: 'two' } },
  },
  {
    what: 'a folder whose package.json leads out of it',
    files: {
      'node_modules/p/index.js': `module.exports = [require('./native'), require('lib/sub')];`,
      'node_modules/p/native/package.json': manifest({ main: '../impl/one.js' }),
      'node_modules/p/impl/one.js': exporting('one'),
      'node_modules/p/impl/two.js': exporting('two'),
      'node_modules/lib/sub/package.json': manifest({ main: '../dist/one.js' }),
      'node_modules/lib/dist/one.js': exporting('one'),
      'node_modules/lib/dist/two.js': exporting('two'),
    },
    later: (app) => {
      app.write('node_modules/p/native/package.json', manifest({ main: '../impl/two.js' }));
      app.write('node_modules/lib/sub/package.json', manifest({ main: '../dist/two.js' }));
    },
    unused: /sub\/package.json has changed since$/,
  },
  {
    what: 'a main file that comes later',
    files: {
      'node_modules/p/index.js': `module.exports = require('falls');`,
      'node_modules/falls/package.json': manifest({ main: 'lib/main.js' }),
      'node_modules/falls/index.js': exporting('index'),
      'node_modules/falls/lib/other.js': '',
    },
    later: (app) => app.write('node_modules/falls/lib/main.js', exporting('main')),
    unused: /falls\/lib has changed since$/,
  },
  {
    what: 'a link inside a package that leads elsewhere',
    files: {
      'node_modules/p/index.js': `module.exports = require('q/via/current/x');`,
      'node_modules/q/one/x.js': exporting('one'),
      'node_modules/q/two/x.js': exporting('two'),
    },
    before: (app) => {
      mkdirSync(join(app.folder, 'node_modules/q/via'));
      symlinkSync('../one', join(app.folder, 'node_modules/q/via/current'));
    },
    later: (app) => {
      rmSync(join(app.folder, 'node_modules/q/via/current'));
      symlinkSync('../two', join(app.folder, 'node_modules/q/via/current'));
    },
    unused: /q\/via has changed since$/,
  },
  {
    what: 'packages that NODE_PATH names',
    files: {
      'node_modules/p/index.js': `try { module.exports = require('phantom'); } catch (error) { module.exports = error.code; }`,
      'node_modules/.store/node_modules/phantom/index.js': exporting('found'),
    },
    training: { NODE_PATH: 'node_modules/.store/node_modules' },
    unused: /^it was made with other options of Node.js: NODE_PATH=/,
  },
  {
    what: 'packages that change while the application starts',
    files: {
      'node_modules/p/index.js': `
const q = require('q');
require('fs').mkdirSync(__dirname + '/node_modules/q', { recursive: true });
require('fs').writeFileSync(__dirname + '/node_modules/q/index.js', "module.exports = 'made'");
module.exports = q;`,
      'node_modules/q/index.js': exporting('there'),
    },
    without: /is without places: .*\/node_modules\/p is newer than the start of the application/,
  },
  {
    what: 'process.chdir',
    files: { 'node_modules/p/index.js': `process.chdir('/'); module.exports = 'elsewhere';` },
  },
  {
    what: 'options of V8 that the application sets',
    files: {
      'node_modules/p/index.js': `require('v8').setFlagsFromString('--no-opt'); module.exports = require('./q.js');`,
      'node_modules/p/q.js': exporting('set'),
    },
    without: /is without code: the application has set options of V8/,
  },
];

for (const { what, files, config, before, later, training, start, unused, without } of CASES) {
  test(what, async (t) => {
    const app = appWith(t, files, config);
    before?.(app);
    const { code, stderr } = await app.compile([], training);
    const hasNothing = without?.source.startsWith('what is loaded first') === true;
    assert.equal(code, hasNothing ? 1 : 0, stderr);
    if (without === undefined) assert.equal(stderr, '');
    else assert.match(stderr, without);
    later?.(app);
    const cached = await app.answer(start);
    if (unused === undefined) assert.equal(cached.unused, undefined);
    else assert.match(String(cached.unused), unused);
    app.forget();
    assert.deepEqual(cached.answer, (await app.answer(start)).answer);
  });
}

function appWith(t: TestContext, files: Case['files'], config?: Case['config']): AppWithPackages {
  const app = new AppWithPackages(t, { 'answer.js': ANSWER, ...files });
  chmodSync(app.folder, 0o755);
  return config === undefined ? app : app.with(config(app.folder));
}

test('a start that fails does not take the place of one that did not', async (t) => {
  const files = { 'node_modules/p/index.js': `if (process.env.BAD) throw new Error('no'); module.exports = 1;` };
  const app = appWith(t, files);
  assert.equal((await app.compile()).code, 0);
  const before = readFileSync(app.cacheFile());
  const { code, stdout, stderr } = await app.compile([], { BAD: 'yes' });
  assert.deepEqual([code, stdout], [0, `${app.cacheFile()} stays as it was\n`]);
  assert.match(stderr, /failed to get ready/);
  assert.ok(readFileSync(app.cacheFile()).equals(before));
});
