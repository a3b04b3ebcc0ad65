#!/usr/bin/env node
/**
 * The container's entrypoint: `node dist/entry.js`. Signals are claimed before anything else is even loaded.
 * The one file that reads `process.argv` and calls `process.exit`.
 */
import { writeSync } from 'node:fs';
import { claimSignals, type Signals } from './master/signals.js';

const signals = claimSignals();
process.exit(await main(signals).catch(fault));

async function main(claimed: Signals): Promise<number> {
  const { parseEntryArgs, ENTRY_USAGE } = await import('./master/entry-args.js');
  const { printLine, version } = await import('./terminal.js');
  const { DEFAULT_TERMINATION_LOG, writeTerminationLog } = await import('./init/termination-log.js');
  const request = parseEntryArgs(process.argv.slice(2));
  switch (request.kind) {
    case 'help':
      printLine(1, ENTRY_USAGE);
      return 0;
    case 'version':
      printLine(1, version());
      return 0;
    case 'refused':
      printLine(2, `eggcup: ${request.why}`);
      writeTerminationLog(DEFAULT_TERMINATION_LOG, { code: 78, reason: request.why, exits: [] });
      return 78;
    case 'cluster': {
      const { fileURLToPath } = await import('node:url');
      const { runCluster } = await import('./master/run-cluster.js');
      const exampleFile = fileURLToPath(new URL('../examples/hello/cluster.yaml', import.meta.url));
      const { configFile } = request;
      return runCluster({ signals: claimed, configFile, exampleFile, env: process.env, cwd: process.cwd() });
    }
  }
}

/** What nobody has foreseen: out of descriptors while loading, a working directory that was removed. */
function fault(error: unknown): number {
  writeSync(2, `eggcup: a fault of its own: ${error instanceof Error ? error.stack : String(error)}\n`);
  return 70;
}
