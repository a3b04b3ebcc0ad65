import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../helpers/cluster.js';

/** Prints how many MB the young generation has: kept small, and let grow, each after allocations that survive. */
const PROGRAM = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { keepYoungGenerationSmall, letYoungGenerationGrow } from '${pathToFileURL(join(projectRoot, 'lib/young-generation.js')).href}';

  const megabytes = () => getHeapSpaceStatistics().find((it) => it.space_name === 'new_space').space_size / 2 ** 20;
  const kept = [];
  const allocate = () => { for (let index = 0; index < 5e5; index += 1) kept.push({ index }); };
  keepYoungGenerationSmall();
  allocate();
  const small = megabytes();
  letYoungGenerationGrow();
  allocate();
  console.log(JSON.stringify([small, megabytes()]));
`;

function measure(...options: readonly string[]): readonly [small: number, grown: number] {
  const args = [...options, '--input-type=module', '-e', PROGRAM];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as [number, number];
}

test('the young generation stays small while it is kept so, and grows with the load afterwards', () => {
  const [small, grown] = measure();
  assert.ok(small <= 4 && grown >= 2 * small, `${small} MB, then ${grown} MB`);
});

test('who starts node with a size of their own keeps it', () => {
  const [first] = measure('--min-semi-space-size=8');
  assert.ok(first >= 8, `${first} MB`);
});
