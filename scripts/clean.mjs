/** Removes the folders that are named: what an earlier build wrote, so that no deleted source lives on in it. */
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2))
  rmSync(new URL(`../${folder}`, import.meta.url), { recursive: true, force: true });
