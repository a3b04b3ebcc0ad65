/** Prometheus' text format 0.0.4, read line by line and as strictly as it is specified. */
import assert from 'node:assert/strict';

const COMMENT = /^# (HELP|TYPE) ([a-z_]+) (.+)$/;
const SAMPLE = /^([a-z_]+)(?:\{([a-z_]+="[\w-]+"(?:,[a-z_]+="[\w-]+")*)\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/;

/** Values by name and labels as they stand there: `eggcup_phase{phase="running"}`. Throws at the first line that is wrong. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  assert.ok(text.endsWith('\n'), 'the last line ends as all do');
  const values = new Map<string, number>();
  const families = new Set<string>();
  let family = { name: '', type: '' };
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, described = '', rest = ''] = COMMENT.exec(line) ?? [];
    if (keyword === 'HELP') {
      assert.ok(!families.has(described), `${described} stands in one place`);
      families.add(described);
      family = { name: described, type: '' };
    } else if (keyword === 'TYPE') {
      assert.deepEqual([described, family.type], [family.name, ''], `one TYPE after its HELP: ${line}`);
      assert.match(rest, /^(?:gauge|counter)$/);
      assert.equal(described.endsWith('_total'), rest === 'counter', described);
      family.type = rest;
    } else {
      const [, name, labels, value] = SAMPLE.exec(line) ?? [];
      assert.ok(name !== undefined, `no line of the format: ${line}`);
      assert.ok(name === family.name && family.type !== '', `after its HELP and TYPE: ${line}`);
      const key = labels === undefined ? name : `${name}{${labels}}`;
      assert.ok(!values.has(key), `told once: ${key}`);
      values.set(key, Number(value));
    }
  }
  return values;
}
