import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Workspace } from './workspace.js';

const rows: readonly (readonly [string, string, readonly string[]])[] = [
  ['an empty file', '', ['1:1 the file is empty; it must set at least app.framework or app.script']],
  ['only a comment', '# nothing\n', ['1:1 the file is empty; it must set at least app.framework or app.script']],
  ['a list', '\n- app\n', ['2:1 a config is a mapping of keys such as "app:" and "workers:"']],
  ['a word', 'app', ['1:1 a config is a mapping of keys such as "app:" and "workers:"']],
  ['a tab', 'app:\n\tscript: a\n', ['2:1 a tab is used as indentation; YAML allows only spaces there']],
  ['a second document', 'app: {}\n---\napp: {}\n', ['2:1 a second YAML document begins here; a config is only one']],
  [
    'a key set twice',
    'app:\n  script: server.js\n  port: 1\n  port: 2\n',
    ['4:3 app.port: is set twice, first in line 3'],
  ],
  [
    'a merge key',
    'app: { script: server.js }\nlog: &log\n  level: info\nhealth:\n  <<: *log\n',
    ['5:3 health: merge keys (<<) are not part of YAML 1.2; write the keys out'],
  ],
  ['an unknown alias', 'app: *nope\n', ['1:6 app: there is no anchor &nope above this alias']],
  ['a tag', 'app: !!js/function x\n', ['1:6 Unresolved tag: tag:yaml.org,2002:js/function; a config needs no tags']],
  [
    'a tag that YAML knows',
    'app: { script: !!str a, args: !!seq [a] }\n',
    [
      '1:22 app.script: the tag !!str says what the value is to be; a config needs no tags: remove it',
      '1:37 app.args: the tag !!seq says what the value is to be; a config needs no tags: remove it',
    ],
  ],
  ['a key with a tag', '!!str app: {}\n', ['1:7 a key must be a plain word']],
  [
    'YAML 1.1',
    '%YAML 1.1\n---\napp: {}\n',
    ['1:1 %YAML 1.1 is another language; a config is YAML 1.2: remove the line'],
  ],
  ['a list as key', 'app:\n  ? [a]\n  : 1\n', ['2:5 app: a key must be a plain word']],
  ['an open quote', 'app: "x\n', ['2:1 not valid YAML: Missing closing "quote']],
];

for (const [name, text, expected] of rows) {
  test(`${name} is refused where it stands`, (t) => {
    assert.deepEqual(
      new Workspace(t).errors(text),
      expected.map((line) => `cluster.yaml:${line}`),
    );
  });
}

test('aliases work', (t) => {
  const { config } = new Workspace(t).config('app: { script: &s server.js, args: [*s, *s] }\n');
  assert.deepEqual(config.app.args, ['server.js', 'server.js']);
});

test('aliases that multiply, run in circles or nest are refused soon', (t) => {
  const space = new Workspace(t);
  const levels = Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`);
  const [bomb, ...others] = space.errors(['a0: &a0 x', ...levels, ''].join('\n'));
  assert.match(bomb ?? '', /^cluster\.yaml:\d+:\d+ more than 10000 values, aliases included$/);
  assert.deepEqual(others, []);
  assert.match(
    space.errors('app: { script: server.js, args: &x [*x] }\n').join('\n'),
    /nested more than 16 levels deep$/m,
  );
  assert.match(space.errors('['.repeat(50_000))[0] ?? '', /^cluster\.yaml:1:18 nested more than 16 levels deep$/);
});

test('a byte order mark and Windows line ends do not matter', (t) => {
  const space = new Workspace(t);
  assert.equal(space.config('\uFEFFapp:\r\n  script: server.js\r\n  port: 80\r\n').config.app.port, 80);
  assert.deepEqual(space.errors('app:\r\n  script: server.js\r\n  prt: 1\r\n'), [
    'cluster.yaml:3:3 app.prt: is not a key of the config (did you mean "port"?)',
  ]);
});
