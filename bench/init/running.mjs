import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts an init, hands it over with what reads its command's next line, and ends both when `use` has ended. */
export async function whileRunning([file, ...args], use) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 10_000);
  try {
    return await use(child, async () => (await lines.next()).value);
  } finally {
    child.kill('SIGTERM');
    await exited;
    clearTimeout(tooLong);
  }
}
