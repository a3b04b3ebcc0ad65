/** What is generated in helm/eggcup is as it would be generated; what is written by hand holds with the rest. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { projectRoot } from '../helpers/cluster.js';
import { variantFile, variants, version } from '../helpers/helm.js';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

test("the chart's schema and README are what values.yaml and eggcup's schema say", () => {
  const program = join(projectRoot, 'scripts/write-chart.mjs');
  const { status, stderr } = spawnSync(process.execPath, [program, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test("the chart's version and eggcup's are the one in package.json", () => {
  const chart = parse(read('helm/eggcup/Chart.yaml')) as Record<string, unknown>;
  assert.deepEqual([chart['version'], chart['appVersion']], [version, version]);
});

test('each template begins with a look for what is null, before it needs it', () => {
  const templates = readdirSync(join(projectRoot, 'helm/eggcup/templates'), { recursive: true, encoding: 'utf8' });
  for (const name of templates.filter((file) => file.endsWith('.yaml')))
    assert.match(read(`helm/eggcup/templates/${name}`), /^\{\{- include "eggcup\.refuse(Null)?" \. -\}\}\n/, name);
});

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

test("the chart's schema is closed, and has no key that values.yaml lacks", () => {
  const schema = JSON.parse(read('helm/eggcup/values.schema.json')) as Schema;
  const defaults = parse(read('helm/eggcup/values.yaml')) as Record<string, unknown>;
  assert.equal(schema.additionalProperties, false);
  const known = Object.keys(schema.properties ?? {}).filter((key) => !['global', 'enabled'].includes(key)); // Helm's own
  assert.deepEqual(known.toSorted(), Object.keys(defaults).toSorted());
  for (const [name, section] of Object.entries(schema.properties ?? {})) {
    const value = defaults[name];
    const isOpen = ['podSecurityContext', 'securityContext'].includes(name); // Kubernetes' own fields
    if (section.properties === undefined || isOpen || typeof value !== 'object') continue;
    assert.equal(section.additionalProperties, false, name);
  }
});

test("the chart's schema accepts its defaults and every variant", () => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(
    JSON.parse(read('helm/eggcup/values.schema.json')) as object,
  );
  assert.ok(validate(parse(read('helm/eggcup/values.yaml'))), JSON.stringify(validate.errors));
  // Helm takes out what is null before it looks at the schema.
  const withoutNulls = (text: string): unknown =>
    JSON.parse(JSON.stringify(parse(text)), (_key, value: unknown) => (value === null ? undefined : value));
  for (const variant of variants)
    assert.ok(
      validate(withoutNulls(readFileSync(variantFile(variant), 'utf8'))),
      `${variant} ${JSON.stringify(validate.errors)}`,
    );
});
