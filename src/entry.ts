#!/usr/bin/env node
/**
 * The container's entrypoint: `node dist/entry.js`. Signals are claimed before anything else is even loaded.
 * The one file that reads `process.argv` and calls `process.exit`.
 */
import { claimSignals } from './master/signals.js';

const signals = claimSignals();
const { parseEntryArgs, ENTRY_USAGE } = await import('./master/entry-args.js');
const { printLine, version } = await import('./terminal.js');

const request = parseEntryArgs(process.argv.slice(2));
switch (request.kind) {
  case 'help':
    printLine(1, ENTRY_USAGE);
    break;
  case 'version':
    printLine(1, version());
    break;
  case 'refused':
    printLine(2, `eggcup: ${request.why}`);
    process.exit(78);
    break;
  case 'cluster': {
    const { fileURLToPath } = await import('node:url');
    const { format } = await import('node:util');
    const { runCluster } = await import('./master/run-cluster.js');
    const exampleFile = fileURLToPath(new URL('../examples/hello/cluster.yaml', import.meta.url));
    const { configFile } = request;
    const cluster = runCluster({ signals, configFile, exampleFile, env: process.env, cwd: process.cwd() });
    const code = await cluster.catch((error: unknown) => {
      printLine(2, format('eggcup: a fault of its own, please report it:', error));
      return 70;
    });
    process.exit(code);
  }
}
