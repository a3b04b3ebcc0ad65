/**
 * What `eggcup compile` runs, with a fixed `--hash-seed`: `compile.js DRAFT [WORD…]` writes V8's code of the cluster's program to the file DRAFT. With words for the entrypoint it
 * starts that cluster, and writes what has been compiled of the program when it is asked to stop. Without, it writes the same draft as a process does that has done nothing else (V8 numbers functions as it meets them),
 * and all of the program where there is none.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { clusterProgram, codeOf, compileAgain, compileProgram, compileWhole, runProgram } from './code-cache.js';
import { messageOf } from './errors.js';
import { parseEntryArgs } from './init/entry-args.js';
import { ClaimedSignals } from './init/claimed-signals.js';
import { loadNative, whyNotNative } from './native/addon.js';
import { printLine, workingDirectory } from './terminal.js';

const [draft = '', ...words] = process.argv.slice(2);
void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    printLine(2, messageOf(error));
    process.exit(1);
  },
);

async function main(): Promise<number> {
  if (words.length > 0) return rehearse(words);
  const program = clusterProgram();
  const script = existsSync(draft) ? compileAgain(program, readFileSync(draft)) : compileWhole(program);
  writeFileSync(draft, codeOf(script));
  return 0;
}

/**
 * What runs is to depend on nothing but the program, or the same image would not be built again: nothing that is done at a certain time is done here. Returns what
 * makes timers go again.
 */
function withoutTimers(): () => void {
  const { setTimeout: after, setInterval: every } = globalThis;
  const never = Object.assign((): NodeJS.Timeout => after(() => undefined, 0), after);
  globalThis.setTimeout = never;
  globalThis.setInterval = never;
  return () => {
    globalThis.setTimeout = after;
    globalThis.setInterval = every;
  };
}

async function rehearse(entryWords: readonly string[]): Promise<number> {
  const request = parseEntryArgs(entryWords, process.env);
  if (request.kind !== 'cluster') throw new Error(`no words for a cluster: ${entryWords.join(' ')}`);
  const { configFile, set } = request;
  const native = loadNative();
  const script = compileProgram(clusterProgram());
  const goOn = withoutTimers();
  // Heard before the cluster hears it: a stop is no part of a start.
  process.once('SIGTERM', () => {
    goOn();
    writeFileSync(draft, codeOf(script));
  });
  const signals = new ClaimedSignals(native);
  const { runCluster } = runProgram(script, clusterProgram()) as typeof import('./master/run-cluster.js');
  const nativePart = { native, whyNotNative: whyNotNative() };
  const { env } = process;
  return runCluster({ signals, ...nativePart, configFile, set, exampleFile: '', env, cwd: workingDirectory() });
}
