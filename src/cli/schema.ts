import { readFileSync } from 'node:fs';
import type { CliCommand } from './command.js';

/** `eggcup schema`: the JSON Schema that editors complete and check a cluster.yaml with. */
export const schema: CliCommand = {
  summary: 'prints the JSON Schema of the config file',
  options: [],
  run: () => ({
    code: 0,
    out: readFileSync(new URL('../cluster.schema.json', import.meta.url), 'utf8').trimEnd(),
  }),
};
