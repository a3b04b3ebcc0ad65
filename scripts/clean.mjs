/** Removes what earlier builds wrote, so that a file deleted from src/ cannot live on in dist/. */
import { rmSync } from 'node:fs';

for (const folder of ['dist', 'build'])
  rmSync(new URL(`../${folder}`, import.meta.url), { recursive: true, force: true });
