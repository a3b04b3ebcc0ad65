/** Writes dist/cluster.schema.json (JSON Schema 2020-12) from the one schema that also validates and types. */
import { readFileSync, writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { schema } from '../lib/config/schema.js';

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const { $schema, ...content } = toJsonSchema(schema, {
  target: 'draft-2020-12',
  typeMode: 'input',
  // What is not available yet is known, and described; that it is refused today is the loader's to say.
  ignoreActions: ['check'],
});

const document = {
  $schema,
  $id: `https://unpkg.com/eggcup@${version}/dist/cluster.schema.json`,
  title: 'eggcup cluster.yaml',
  description: 'The config of eggcup: one agent and app workers in a container. Only `app` must be set.',
  ...content,
  properties: Object.fromEntries(Object.entries(content.properties).map(([key, value]) => [key, asWritten(value)])),
  $defs: {
    interpolation: {
      type: 'string',
      description:
        'A text with ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}, typed after its replacement.',
      pattern: String.raw`\$\{`,
    },
  },
};
writeFileSync(new URL('dist/cluster.schema.json', root), `${JSON.stringify(document, undefined, 2)}\n`);

/** A key's schema, as wide as the file may be: a section may be empty, and each scalar may be a `${…}`. */
function asWritten(property) {
  if (property.properties !== undefined) {
    const properties = Object.entries(property.properties).map(([key, value]) => [key, asWritten(value)]);
    // Of one that needs something in it, as `app` does, null is no way to write the default.
    const type = property.oneOf === undefined ? ['object', 'null'] : 'object';
    return { ...property, type, properties: Object.fromEntries(properties) };
  }
  if (property.type === 'object') return { ...property, type: ['object', 'null'] };
  if (property.type === 'array') return { ...property, items: asWritten(property.items) };
  const { description, default: fallback, examples, secret, unit, ...scalar } = property;
  // Any text that is not empty allows a `${…}` already.
  if (scalar.type === 'string' && scalar.pattern === undefined && scalar.enum === undefined) return property;
  const annotations = { description, default: fallback, examples, secret, unit };
  const alternatives = Object.keys(scalar).length === 1 && scalar.anyOf !== undefined ? scalar.anyOf : [scalar];
  return { ...annotations, anyOf: [...alternatives, { $ref: '#/$defs/interpolation' }] };
}
