/**
 * Writes what is generated in helm/eggcup: the descriptions, the defaults and eggcup's own schema in values.schema.json,
 * and the table of values in README.md; the rest of both is written by hand. From values.yaml, whose comments begin with
 * `# --`, and dist/cluster.schema.json. With `--check` it writes nothing, and exits with 1 when something is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, parseDocument } from 'yaml';

const chart = new URL('../helm/eggcup/', import.meta.url);
const read = (name) => readFileSync(new URL(name, chart), 'utf8');
const [begin, end] = ['<!-- values: written by scripts/write-chart.mjs -->', '<!-- end of values -->'];

const values = valuesOf(parseDocument(read('values.yaml')).contents, []);
const stale = [];
update('values.schema.json', schemaWith(JSON.parse(read('values.schema.json')), clusterSchema()));
update('README.md', readmeWith(read('README.md')));
if (stale.length > 0 && process.argv.includes('--check')) {
  process.stderr.write(`stale in helm/eggcup: ${stale.join(', ')}; run: npm run docs\n`);
  process.exitCode = 1;
}

function update(name, text) {
  if (text === read(name)) return;
  stale.push(name);
  if (!process.argv.includes('--check')) writeFileSync(new URL(name, chart), text);
}

/** Every key that has a comment, and those below it. */
function valuesOf(map, path) {
  return map.items.flatMap(({ key, value }, index) => {
    // The comment before the first key of a map is the map's.
    const comment = (key.commentBefore ?? (index === 0 ? map.commentBefore : undefined)) || '';
    const [, description] = comment.split(/^ -- /m);
    const here = [...path, key.value];
    const inner = isMap(value) ? valuesOf(value, here) : [];
    if (description === undefined)
      throw new Error(`values.yaml: ${here.join('.')} has no comment that begins with "# --"`);
    return [{ path: here, description: description.replaceAll(/\s+/g, ' ').trim(), value, inner }, ...inner];
  });
}

function clusterSchema() {
  const {
    $schema: _dialect,
    $id: _id,
    $defs,
    ...schema
  } = JSON.parse(readFileSync(new URL('../dist/cluster.schema.json', import.meta.url), 'utf8'));
  // Exactly one of app.framework and app.script: the chart says it in a sentence, and has no default that would do.
  const { required: _required, ...config } = schema;
  const { oneOf: _oneOf, ...app } = config.properties.app;
  return { config: { ...config, properties: { ...config.properties, app } }, interpolation: $defs.interpolation };
}

function schemaWith(schema, $defs) {
  for (const { path, description, value, inner } of values) {
    if (path[0] === 'config' && path.length > 1) continue;
    const property = path.reduce((node, name) => node?.properties?.[name], schema);
    if (property === undefined) throw new Error(`values.schema.json: there is no ${path.join('.')}`);
    property.description = description;
    if (inner.length === 0) property.default = value.toJSON();
  }
  return `${JSON.stringify({ ...schema, $defs }, undefined, 2)}\n`;
}

function readmeWith(before) {
  const [head, rest] = before.split(begin);
  const [, tail] = rest?.split(end) ?? [];
  if (tail === undefined) throw new Error(`README.md must contain ${begin} and ${end}`);
  const rows = values.map(({ path, description, value, inner }) => {
    const fallback = inner.length > 0 ? '' : `\`${JSON.stringify(value.toJSON())}\``;
    const cells = [`\`${path.join('.')}\``, fallback, description];
    return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  });
  return `${head}${begin}\n\n| value | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n\n${end}${tail}`;
}
