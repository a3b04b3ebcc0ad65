import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** SIGUSR2, which Node itself never takes. */
const BIT = 1n << 11n;
const LIMIT_MS = 5000;

/**
 * From before the fork until SIGUSR2 has a handler, in ms: one that comes earlier would be lost to PID 1. Of those that are
 * Node; the others wait for signals without a handler, which /proc does not show.
 */
export async function claimed({ name, program, isNode }) {
  if (!isNode) return undefined;
  const [file, ...args] = program(['sleep', '30']);
  const before = performance.now();
  const child = spawn(file, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  let ms = 0;
  while (!isClaimed(child.pid) && ms < LIMIT_MS) ms = performance.now() - before;
  child.kill(ms < LIMIT_MS ? 'SIGUSR2' : 'SIGKILL');
  await exited;
  if (ms >= LIMIT_MS) throw new Error(`${name} claims no signals`);
  return [ms];
}

function isClaimed(pid) {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (BigInt(`0x${caught}`) & BIT) !== 0n;
}
