/** What must not be left behind, whatever way the benchmark ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const duties = new Set();

process.on('exit', () => {
  for (const duty of [...duties].toReversed()) duty();
});
// Without a listener they would end this process before that.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** Returns what does it earlier. */
export function atExit(duty) {
  const once = () => {
    if (duties.delete(once)) duty();
  };
  duties.add(once);
  return once;
}

/** A new folder, and what removes it. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `eggcup-bench-${name}`));
  return { folder, remove: atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })) };
}
