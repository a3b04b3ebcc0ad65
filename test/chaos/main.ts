/** `npm run chaos -- [--runs N] [--seed N] [--run K]`: runs of chaos by hand; with `--run` that one alone. */
import { parseArgs } from 'node:util';
import { tryRun } from './try-run.js';
import { whyNoSandbox } from './sandbox.js';

const AT_A_TIME = 2;
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    run: { type: 'string' },
    from: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const first = Number(values.run ?? values.from);
const end = values.run === undefined ? first + Number(values.runs) : first + 1;
/** Whoever ends this ends its masters too (Ctrl-C reaches both): what is then seen of a run says nothing. */
const over = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => over.abort());
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const why = whyNoSandbox();
if (why === undefined) await runAll();
else {
  print(why);
  process.exitCode = 1;
}

async function runAll(): Promise<void> {
  print(`seed ${seed}, runs ${first} to ${end - 1}`);
  const codes = new Map<string, number>();
  let failed = 0;
  let done = 0;
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < end && !over.signal.aborted) {
      const run = next;
      next += 1;
      const { failure, code, details } = await tryRun(seed, run);
      if (over.signal.aborted) return;
      done += 1;
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (failure !== undefined) failed += 1;
      if (failure !== undefined) print(failure);
      if (values.verbose) print(details);
      if (done % 50 === 0) print(`… ${done} runs, ${failed} failed`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  const ends = [...codes].toSorted().map(([code, count]) => `${code}: ${count}`);
  print(`${done} runs, ${failed} failed; exit codes ${ends.join(', ')}`);
  if (failed > 0) process.exitCode = 1;
}
