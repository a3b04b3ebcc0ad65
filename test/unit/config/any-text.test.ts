import { test } from 'node:test';
import * as fc from 'fast-check';
import { Workspace } from './workspace.js';

const app = 'app: { script: server.js }\n';

test('any text makes a config or a ConfigError', (t) => {
  const space = new Workspace(t);
  const names = 'app script env server.js workers count __proto__ constructor https ${X} ${file:x} 1 ~'.split(' ');
  const marks = [
    ':',
    ': ',
    '\n',
    '\n  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '&a ',
    '*a',
    '!!str ',
    '"',
    "'",
    '#',
    '|',
    '\t',
    '\0',
  ];
  const words = fc.constantFrom(...names, ...marks);
  const texts = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  const property = fc.property(texts, texts, (text, variable) => {
    space.errors(text);
    space.errors(app, { EGGCUP__APP: variable, EGGCUP__APP__ENV: variable, EGGCUP__WORKERS__COUNT: variable });
  });
  fc.assert(property, { numRuns: 1000 });
});
