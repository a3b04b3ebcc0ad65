import { fileURLToPath } from 'node:url';
import { whileRunning } from './running.mjs';

const child = fileURLToPath(new URL('fixtures/tell-arrival.cjs', import.meta.url));

/** From before the kill(2) to the candidate until the command's handler runs, in µs: hrtime is CLOCK_MONOTONIC, one for all processes. */
export function forwarding({ name, program }) {
  return whileRunning(program([process.execPath, child]), async (init, nextLine) => {
    if ((await nextLine()) !== 'ready') throw new Error(`${name}: the command did not start`);
    const sent = process.hrtime.bigint();
    init.kill('SIGUSR1');
    return [Number(BigInt(await nextLine()) - sent) / 1e3];
  });
}
