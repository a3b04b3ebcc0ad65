import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, release } from 'node:os';

/** Says on what and how was measured, and that it is to be judged by that. */
export function describe(rounds, peers) {
  const machine = {
    node: process.version,
    arch: process.arch,
    kernel: release(),
    cpus: availableParallelism(),
    rounds,
  };
  const load = Number(loadavg()[0].toFixed(1));
  console.log(
    Object.entries({ ...machine, load, ...peers })
      .flat()
      .join(' '),
  );
  return { ...machine, load, peers };
}

export function keepJson(file, document) {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
}
