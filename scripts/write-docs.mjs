/**
 * Writes the table of keys in docs/configuration.md from dist/cluster.schema.json. With `--check` it writes nothing,
 * and exits with 1 when the page is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../docs/configuration.md', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('../dist/cluster.schema.json', import.meta.url), 'utf8'));
const [begin, end] = ['<!-- keys: written by scripts/write-docs.mjs -->', '<!-- end of keys -->'];

const before = readFileSync(page, 'utf8');
const [head, rest] = before.split(begin);
const [, tail] = rest?.split(end) ?? [];
if (tail === undefined) throw new Error(`docs/configuration.md must contain ${begin} and ${end}`);
const after = `${head}${begin}\n\n${sections(schema)}\n\n${end}${tail}`;

if (!process.argv.includes('--check')) writeFileSync(page, after);
else if (after !== before) {
  process.stderr.write('docs/configuration.md is stale; run: npm run docs\n');
  process.exitCode = 1;
}

function sections({ properties }) {
  const plain = Object.entries(properties).filter(([, property]) => property.properties === undefined);
  const nested = Object.entries(properties).filter(([, property]) => property.properties !== undefined);
  const tables = nested.map(([name, property]) => {
    return `### ${name}\n\n${property.description}\n\n${table(rows(property.properties, `${name}.`))}`;
  });
  return [`### The file itself\n\n${table(rows(Object.fromEntries(plain), ''))}`, ...tables].join('\n\n');
}

function table(lines) {
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...lines].join('\n');
}

function rows(properties, prefix) {
  const lines = [];
  for (const [name, property] of Object.entries(properties)) {
    const path = prefix + name;
    if (property.properties === undefined) {
      const fallback = property.default === undefined ? '' : code(property.default);
      const examples = property.examples === undefined ? '' : ` Example: ${property.examples.map(code).join(', ')}.`;
      lines.push(`| \`${path}\` | ${typeOf(property)} | ${fallback} | ${property.description}${examples} |`);
    } else {
      lines.push(`| **\`${path}\`** | section | | ${property.description} |`);
      lines.push(...rows(property.properties, `${path}.`));
    }
  }
  return lines;
}

function typeOf(property) {
  if (property.type === 'array') return 'list of text';
  if (property.additionalProperties !== undefined) return 'mapping of text';
  const alternatives = property.anyOf?.filter((option) => option.$ref === undefined) ?? [property];
  return alternatives.map((option) => alternative(option, property.unit)).join(', ');
}

function alternative(option, unit) {
  if (option.enum !== undefined) return option.enum.map(code).join(', ');
  if (option.const !== undefined) return code(option.const);
  if (option.type === 'integer') return `${option.minimum}–${option.maximum}`;
  if (option.type === 'boolean') return '`true`, `false`';
  if (option.pattern === undefined) return 'text';
  return (option.unit ?? unit) || (option.pattern.endsWith('%$') ? 'share' : 'text');
}

function code(value) {
  return `\`${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('|', String.raw`\|`)}\``;
}
