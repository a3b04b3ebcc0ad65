import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliCommand } from './command.js';

/** `eggcup schema`: the JSON Schema that editors complete and check a cluster.yaml with. */
export const schema: CliCommand = {
  summary: 'prints the JSON Schema of the config file',
  options: [],
  run: () => ({
    code: 0,
    out: readFileSync(join(import.meta.dirname, '../cluster.schema.json'), 'utf8').trimEnd(),
  }),
};
