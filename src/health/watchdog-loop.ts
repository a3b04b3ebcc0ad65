/** What the thread of watchdog-thread.ts runs. */
import { rmSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

interface Watch {
  readonly beats: Int32Array;
  readonly liveFile: string;
  readonly limitMs: number;
}

const { beats, liveFile, limitMs } = workerData as Watch;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

for (;;) {
  const before = Atomics.load(beats, 0);
  Atomics.wait(never, 0, 0, limitMs);
  if (Atomics.load(beats, 0) === before) removeLive();
}

function removeLive(): void {
  try {
    rmSync(liveFile, { force: true });
  } catch {
    // A directory that can't be written: dist/probe.js looks at the age of `live` as well.
  }
}
